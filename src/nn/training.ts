/** The training loop: its checks, its memory, its epochs. */
import type { DType } from "../common/dtype.js";
import { Batches } from "./batches.js";
import { BatchLoss } from "./batchLoss.js";
import { BestWeights } from "./bestWeights.js";
import { type CheckedExamples, checkExamples, type Examples, readExamples } from "./data.js";
import { type Evaluation, evaluateOn, evaluation } from "./evaluate.js";
import { type FitOptions, readFitOptions } from "./fitOptions.js";
import type { NetworkInternals } from "./internals.js";
import { defaultLoss, type Loss, type LossFunction, lossOf } from "./losses.js";
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
  readonly loss: Loss | LossFunction<D>;
  readonly examples: CheckedExamples<D>;
  readonly validation: CheckedExamples<D> | null;
}

/** A run that has all its memory, too. */
export interface PreparedRun<D extends DType> {
  readonly caller: string;
  readonly network: NetworkInternals<D>;
  readonly options: ReturnType<typeof readFitOptions<D>>;
  readonly batches: Batches<D>;
  readonly loss: BatchLoss<D>;
  readonly validation: { readonly batches: Batches<D>; readonly loss: BatchLoss<D> } | null;
  /** The weights after the best epoch, if they are to be kept. */
  readonly best: BestWeights<D> | null;
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
  const loss = lossOf<D>(caller, named);
  const { classWeights } = read;
  const run = {
    caller,
    network,
    options: read,
    loss,
    examples: checkExamples(caller, "examples", given, network, loss, classWeights),
    validation: held && checkExamples(caller, "validation", held, network, loss, classWeights),
  };
  checkAlive(run);
  return run;
}

/** Asked once all of the caller's code has run that reading the arguments may run, and again before memory is taken. */
function checkAlive<D extends DType>({ caller, network, options, examples, validation }: CheckedRun<D>): void {
  const { parameters } = network;
  parameters.checkUsable(caller);
  options.optimizer.checkBinding(caller, parameters);
  for (const part of [examples.x, examples.targets, validation?.x, validation?.targets]) {
    part?.check(caller);
    if (part) parameters.checkApart(caller, part.name, part.place, part.bytes);
  }
}

/**
 * Takes all memory of a run: nothing has been written if it throws.
 * @throws RangeError if memory runs out, ReferenceError if something was disposed since the checks
 */
export function prepareRun<D extends DType>(checked: CheckedRun<D>): PreparedRun<D> {
  checkAlive(checked);
  const { caller, network, options, loss, examples, validation } = checked;
  const { runtime, chain, inference, parameters } = network;
  const rows = Math.min(options.batchSize, examples.count);
  const made: { dispose(): void }[] = [];
  const keep = <T extends { dispose(): void }>(thing: T): T => {
    made.push(thing);
    return thing;
  };
  try {
    const batches = keep(new Batches(caller, runtime, network, examples, rows, !options.shuffle));
    let held: PreparedRun<D>["validation"] = null;
    if (validation) {
      const heldBatches = keep(new Batches(caller, runtime, network, validation, EVALUATION_ROWS, true));
      held = { batches: heldBatches, loss: new BatchLoss(caller, network, loss, heldBatches) };
    }
    const best = options.restoreBest ? keep(new BestWeights(caller, runtime, parameters)) : null;
    chain.reserve(caller, rows);
    // What a forward by hand has begun is over.
    chain.generation++;
    if (validation) inference.reserve(caller, Math.min(EVALUATION_ROWS, validation.count));
    options.optimizer.bind(caller, network);
    const batchLoss = new BatchLoss(caller, network, loss, batches);
    return { caller, network, options, batches, loss: batchLoss, validation: held, best };
  } catch (error) {
    for (const thing of made) thing.dispose();
    throw error;
  }
}

/** Trains, and yields the metrics of every epoch. Memory is taken when the first is asked for. */
export async function* trainChecked<D extends DType>(run: CheckedRun<D>): AsyncGenerator<FitMetrics, void> {
  yield* train(prepareRun(run));
}

/** Trains, and yields the metrics of every epoch. */
export async function* train<D extends DType>(run: PreparedRun<D>): AsyncGenerator<FitMetrics, void> {
  const { caller, network, options, batches, validation, best } = run;
  const { epochs, startEpoch, batchSize, seed, onEpoch, patience } = options;
  const stepsPerEpoch = Math.ceil(batches.count / batchSize);
  const turns = new Turns();
  const update = new Update(run, { stepsPerEpoch, totalSteps: epochs * stepsPerEpoch });
  let least = Number.POSITIVE_INFINITY;
  let worse = 0;
  try {
    for (let epoch = startEpoch; epoch <= epochs; epoch++) {
      batches.shuffle(seed, epoch);
      const metrics = await trainEpoch(run, epoch, stepsPerEpoch, update, turns);
      const held = validation && evaluateOn(caller, network, validation.batches, validation.loss, EVALUATION_ROWS);
      if (held && held.loss < least) {
        least = held.loss;
        worse = 0;
        best?.keep();
      } else worse++;
      const all = held ? { ...metrics, validation: held } : metrics;
      await settled(onEpoch?.(all));
      yield all;
      if (patience !== undefined && worse >= patience) return;
    }
  } finally {
    best?.restore();
    best?.dispose();
    batches.dispose();
    validation?.batches.dispose();
  }
}

/** All updates of an epoch. */
async function trainEpoch<D extends DType>(
  { network, options, batches }: PreparedRun<D>,
  epoch: number,
  stepsPerEpoch: number,
  update: Update<D>,
  turns: Turns,
): Promise<FitMetrics> {
  const { batchSize, onBatch, signal } = options;
  const { count, total: weight, metric } = batches;
  const { outFeatures } = network;
  let step = (epoch - 1) * stepsPerEpoch;
  let total = 0;
  let correct = 0;
  for (let from = 0; from < count; from += batchSize) {
    if (turns.over) await turns.next();
    signal?.throwIfAborted();
    const rows = Math.min(batchSize, count - from);
    update.run(epoch, step++, from, rows);
    total += update.loss * batches.batchTotal;
    correct += update.correct;
    if (onBatch) {
      const own = evaluation(update.loss, update.correct, metric, rows, outFeatures);
      const waiting = onBatch(metricsOf(epoch, step, own, update.learningRate));
      if (isPromise(waiting)) await waiting;
    }
  }
  const loss = weight === 0 ? 0 : total / weight;
  return metricsOf(epoch, step, evaluation(loss, correct, metric, count, outFeatures), update.learningRate);
}

/** Whether a callback has more to do. One that has not costs no turn of the event loop. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}

async function settled(value: unknown): Promise<void> {
  if (isPromise(value)) await value;
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
