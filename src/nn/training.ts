/** The training loop: its checks, its memory, its epochs. */
import type { DType } from "../common/dtype.js";
import { Batches } from "./batches.js";
import { type CheckedExamples, checkExamples, type Examples, readExamples } from "./data.js";
import { type Evaluation, evaluateOn, evaluation } from "./evaluate.js";
import { type FitOptions, readFitOptions } from "./fitOptions.js";
import type { NetworkInternals } from "./internals.js";
import { defaultLoss, type Loss, lossOf } from "./losses.js";
import type { FitMetrics } from "./metrics.js";
import { EVALUATION_ROWS } from "./predict.js";
import { Turns } from "./turns.js";
import { Update } from "./update.js";

/** A run whose examples and options passed their checks. */
interface CheckedRun<D extends DType> {
  /** What messages call it. */
  readonly caller: string;
  readonly network: NetworkInternals<D>;
  readonly options: ReturnType<typeof readFitOptions<D>>;
  readonly loss: Loss;
  readonly examples: CheckedExamples<D>;
  readonly validation: CheckedExamples<D> | null;
}

/** A run that has all its memory, too. */
export interface PreparedRun<D extends DType> extends Omit<CheckedRun<D>, "examples" | "validation"> {
  readonly batches: Batches<D>;
  readonly validation: Batches<D> | null;
}

/** Reads and checks all that is the caller's, and allocates nothing. */
export function checkRun<D extends DType>(
  caller: string,
  network: NetworkInternals<D>,
  examples: Examples<D>,
  options: FitOptions<D>,
): CheckedRun<D> {
  const read = readFitOptions(caller, options);
  const given = readExamples(caller, "examples", examples);
  const held = read.validation === undefined ? null : readExamples(caller, "validation", read.validation);
  const { loss: named = defaultLoss(given) } = read;
  const loss = lossOf(caller, named);
  const run = {
    caller,
    network,
    options: read,
    loss,
    examples: checkExamples(caller, "examples", given, network, loss),
    validation: held && checkExamples(caller, "validation", held, network, loss),
  };
  checkAlive(run);
  return run;
}

/** Asked once all of the caller's code has run that reading the arguments may run, and again before memory is taken. */
function checkAlive<D extends DType>({ caller, network, options, examples, validation }: CheckedRun<D>): void {
  network.parameters.checkUsable(caller);
  options.optimizer.checkBinding(caller, network.parameters);
  for (const part of [examples.x, examples.targets, validation?.x, validation?.targets]) part?.check(caller);
}

/**
 * Takes all memory of a run: nothing has been written if it throws.
 * @throws RangeError if memory runs out, ReferenceError if something was disposed since the checks
 */
export function prepareRun<D extends DType>(checked: CheckedRun<D>): PreparedRun<D> {
  checkAlive(checked);
  const { examples, validation, ...run } = checked;
  const { caller, network, options } = run;
  const { runtime, chain, inference, parameters } = network;
  const rows = Math.min(options.batchSize, examples.count);
  const made: Batches<D>[] = [];
  try {
    const batches = new Batches(caller, runtime, network, examples, rows, !options.shuffle);
    made.push(batches);
    const held = validation ? new Batches(caller, runtime, network, validation, EVALUATION_ROWS, true) : null;
    if (held) made.push(held);
    chain.reserve(caller, rows);
    if (validation) inference.reserve(caller, Math.min(EVALUATION_ROWS, validation.count));
    options.optimizer.bind(caller, parameters);
    return { ...run, batches, validation: held };
  } catch (error) {
    for (const batches of made) batches.dispose();
    throw error;
  }
}

/** Trains, and yields the metrics of every epoch. Memory is taken when the first is asked for. */
export async function* trainChecked<D extends DType>(run: CheckedRun<D>): AsyncGenerator<FitMetrics, void> {
  yield* train(prepareRun(run));
}

/** Trains, and yields the metrics of every epoch. */
export async function* train<D extends DType>(run: PreparedRun<D>): AsyncGenerator<FitMetrics, void> {
  const { caller, network, options, loss, batches, validation } = run;
  const { epochs, startEpoch, batchSize, seed, onBatch, onEpoch, signal } = options;
  const { count, labelled } = batches;
  const stepsPerEpoch = Math.ceil(count / batchSize);
  const turns = new Turns();
  const update = new Update(run, { stepsPerEpoch, totalSteps: epochs * stepsPerEpoch });
  try {
    for (let epoch = startEpoch; epoch <= epochs; epoch++) {
      batches.shuffle(seed, epoch);
      let step = (epoch - 1) * stepsPerEpoch;
      let total = 0;
      let correct = 0;
      for (let from = 0; from < count; from += batchSize) {
        if (turns.over) await turns.next();
        signal?.throwIfAborted();
        const rows = Math.min(batchSize, count - from);
        update.run(epoch, step++, from, rows);
        total += update.loss * rows;
        correct += update.correct;
        onBatch?.(metricsOf(epoch, step, evaluation(update.loss, update.correct, rows, labelled), update.learningRate));
      }
      const metrics = metricsOf(epoch, step, evaluation(total / count, correct, count, labelled), update.learningRate);
      const held = validation && { validation: evaluateOn(caller, network, validation, loss, EVALUATION_ROWS) };
      const all = { ...metrics, ...held };
      onEpoch?.(all);
      yield all;
    }
  } finally {
    batches.dispose();
    validation?.dispose();
  }
}

/** Runs all epochs, not before the caller has the promise. */
export async function historyOf(epochs: AsyncGenerator<FitMetrics, void>): Promise<FitMetrics[]> {
  await undefined;
  const history: FitMetrics[] = [];
  for await (const metrics of epochs) history.push(metrics);
  return history;
}

function metricsOf(epoch: number, step: number, own: Evaluation, learningRate: number): FitMetrics {
  return { epoch, step, ...own, learningRate };
}
