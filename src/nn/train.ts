/** The training loop. */
import { checkBoolean, checkCallback, checkCount, checkFields, checkWhole, kindOf } from "../common/check.js";
import type { DType } from "../common/dtype.js";
import { anySeed } from "../common/random.js";
import { Batches, checkExamples, type Examples } from "./data.js";
import { type Evaluation, evaluateOn, evaluation, type Model } from "./evaluate.js";
import type { FitMetrics } from "./fit.js";
import { checkLoss, defaultLoss, type Loss } from "./losses.js";
import { Optimizer } from "./optimizers.js";
import { Turns } from "./pause.js";
import type { Run } from "./schedules.js";

export interface FitOptions<D extends DType = "float32"> {
  optimizer: Optimizer;
  /** Default: `softmaxCrossEntropy()` for labels, `meanSquaredError()` for targets. */
  loss?: Loss | undefined;
  /** How often the examples are gone through, in the whole run. Default 1. */
  epochs?: number | undefined;
  /** The epoch to start with, 1 by default: a run that stopped after epoch 2 goes on with 3. */
  startEpoch?: number | undefined;
  /** Examples of an update; the last of an epoch takes what is left. Default 32. */
  batchSize?: number | undefined;
  /** Whether each epoch has an order of its own, which depends on `seed` and its number alone. Default true. */
  shuffle?: boolean | undefined;
  /** A whole number below 2³². Default: another one for every run. */
  seed?: number | undefined;
  /** Examples to evaluate after every epoch. */
  validation?: Examples<D> | undefined;
  /** Called after every update, with the metrics of its batch before it. */
  onBatch?: ((metrics: FitMetrics) => void) | undefined;
  /** Called after every epoch. */
  onEpoch?: ((metrics: FitMetrics) => void) | undefined;
  /** Stops training between two updates; the weights stay those of the last. */
  signal?: AbortSignal | undefined;
}

const OPTIONS: readonly (keyof FitOptions)[] = [
  "optimizer",
  "loss",
  "epochs",
  "startEpoch",
  "batchSize",
  "shuffle",
  "seed",
  "validation",
  "onBatch",
  "onEpoch",
  "signal",
];

/** Rows at a time where only the outputs are wanted. */
export const EVALUATION_ROWS = 256;

/** A run whose examples and options passed their checks, and that has all its memory. */
export interface Training<D extends DType> {
  readonly model: Model<D>;
  readonly options: ReturnType<typeof readOptions<D>>;
  readonly loss: Loss;
  readonly batches: Batches<D>;
  readonly validation: Batches<D> | null;
}

function readOptions<D extends DType>(options: FitOptions<D>) {
  checkFields("fit", "options", options, OPTIONS);
  const { optimizer, epochs = 1, startEpoch = 1, batchSize = 32, shuffle = true, seed = anySeed() } = options;
  const { validation, onBatch, onEpoch, signal } = options;
  if (!(optimizer instanceof Optimizer)) {
    throw new TypeError("fit: optimizer must be an optimizer, such as sgd({ learningRate: 0.1 })");
  }
  checkCount("fit", "epochs", epochs);
  checkCount("fit", "startEpoch", startEpoch);
  checkCount("fit", "batchSize", batchSize);
  checkBoolean("fit", "shuffle", shuffle);
  checkWhole("fit", "seed", seed, 2 ** 32 - 1);
  checkCallback("fit", "onBatch", onBatch);
  checkCallback("fit", "onEpoch", onEpoch);
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    throw new TypeError(`fit: signal must be an AbortSignal, got ${kindOf(signal)}`);
  }
  return { optimizer, epochs, startEpoch, batchSize, shuffle, seed, validation, onBatch, onEpoch, signal };
}

/** Checks everything and takes all memory: nothing has been written if it throws. */
export function prepare<D extends DType>(model: Model<D>, examples: Examples<D>, options: FitOptions<D>): Training<D> {
  const read = readOptions(options);
  const { optimizer, batchSize, shuffle, validation } = read;
  const { loss = defaultLoss(examples) } = options;
  checkLoss("fit", loss);
  const checked = checkExamples("fit", "examples", examples, model, loss);
  const checkedValidation = validation && checkExamples("fit", "validation", validation, model, loss);
  const { runtime, chain, parameters } = model;
  const made: Batches<D>[] = [];
  try {
    const rows = Math.min(batchSize, checked.count);
    const batches = new Batches("fit", runtime, model, checked, rows, !shuffle);
    made.push(batches);
    const held = checkedValidation
      ? new Batches("fit", runtime, model, checkedValidation, EVALUATION_ROWS, true)
      : null;
    if (held) made.push(held);
    chain.reserve("fit", held ? Math.max(rows, EVALUATION_ROWS) : rows, true);
    optimizer.bind("fit", parameters);
    return { model, options: read, loss, batches, validation: held };
  } catch (error) {
    for (const batches of made) batches.dispose();
    throw error;
  }
}

/** Trains, and yields the metrics of every epoch. */
export async function* train<D extends DType>(training: Training<D>): AsyncGenerator<FitMetrics, void> {
  const { model, options, loss, batches, validation } = training;
  const { epochs, startEpoch, batchSize, seed, onBatch, onEpoch, signal } = options;
  const { count, labelled } = batches;
  const stepsPerEpoch = Math.ceil(count / batchSize);
  const turns = new Turns();
  const update = new Update(training, { stepsPerEpoch, totalSteps: epochs * stepsPerEpoch });
  try {
    for (let epoch = startEpoch; epoch <= epochs; epoch++) {
      batches.shuffle(seed, epoch);
      let step = (epoch - 1) * stepsPerEpoch;
      let total = 0;
      let hits = 0;
      for (let from = 0; from < count; from += batchSize) {
        if (turns.over) await turns.next();
        signal?.throwIfAborted();
        if (model.parameters.disposed) throw new ReferenceError("fit: the network is used after dispose()");
        const rows = Math.min(batchSize, count - from);
        update.run(epoch, step++, from, rows);
        total += update.loss * rows;
        hits += update.hits;
        onBatch?.(metricsOf(epoch, step, evaluation(update.loss, update.hits, rows, labelled), update.learningRate));
      }
      const metrics = metricsOf(epoch, step, evaluation(total / count, hits, count, labelled), update.learningRate);
      const held = validation && { validation: evaluateOn(model, validation, loss, EVALUATION_ROWS) };
      const all = { ...metrics, ...held };
      onEpoch?.(all);
      yield all;
    }
  } finally {
    batches.dispose();
    validation?.dispose();
  }
}

function metricsOf(epoch: number, step: number, own: Evaluation, learningRate: number): FitMetrics {
  return { epoch, step, ...own, learningRate };
}

/** The update of a batch. It leaves nothing for the garbage collector. */
class Update<D extends DType> {
  /** Before the update, on its batch. */
  loss = 0;
  hits = 0;
  learningRate = 0;
  readonly #training: Training<D>;
  readonly #run: Run;

  constructor(training: Training<D>, run: Run) {
    this.#training = training;
    this.#run = run;
  }

  /** @param step counted from 0 */
  run(epoch: number, step: number, from: number, rows: number): void {
    const { model, loss, batches, options } = this.#training;
    const { runtime, dtype, outFeatures, chain } = model;
    const kernels = runtime.kernels[dtype];
    const rate = options.optimizer.schedule(step, this.#run);
    if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY)) {
      throw new RangeError(
        `fit: the learning rate must be at least 0 and a finite number, got ${rate} at step ${step}`,
      );
    }
    batches.take(from, rows);
    const y = chain.forward(batches.x, rows, true);
    const { wanted, labelled } = batches;
    this.learningRate = rate;
    this.hits = labelled ? kernels.countHits(rows, outFeatures, y, wanted) : 0;
    this.loss = loss.part(kernels, rows, outFeatures, y, wanted, labelled, rows, chain.dy);
    if (!Number.isFinite(this.loss)) throw divergence("loss", this.loss, epoch, step + 1);
    chain.backward();
    if (!options.optimizer.step(runtime, rate)) throw divergence("norm of the gradient", Number.NaN, epoch, step + 1);
  }
}

function divergence(what: string, value: number, epoch: number, step: number): Error {
  return new Error(
    `fit: the ${what} is ${value} at step ${step} (epoch ${epoch}); the weights are those from before it. A lower ` +
      "learning rate, clipNorm, or inputs near 1 in size may help; so may a look for NaN among the examples",
  );
}
