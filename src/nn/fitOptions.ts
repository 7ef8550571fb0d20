/** The options of a training run: their types, their defaults, their checks. */
import { checkBoolean, checkCount, checkFields, checkSeed, kindOf } from "../common/check.js";
import { checkCallback } from "../common/checkOptions.js";
import type { DType } from "../common/dtype.js";
import { anySeed } from "../common/random.js";
import type { Examples } from "./data.js";
import type { Loss, LossFunction } from "./losses.js";
import type { FitMetrics } from "./metrics.js";
import { Optimizer } from "./optimizer.js";

export interface FitOptions<D extends DType = "float32"> {
  optimizer: Optimizer;
  /**
   * A loss, or a function that returns one and writes its gradient: see `LossFunction`. Default: `softmaxCrossEntropy()` for
   * labels, `meanSquaredError()` for targets.
   */
  loss?: Loss | LossFunction<D> | undefined;
  /** What each class counts, at least 0, in training and validation; only with labels. See `Examples.weights`. */
  classWeights?: ArrayLike<number> | undefined;
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
  /** Stops after so many epochs in which the loss on `validation` did not fall below its least. */
  patience?: number | undefined;
  /**
   * Ends with the weights after the epoch with the least loss on `validation`, whatever the end is: the last epoch, patience,
   * an abort, an error, or the end of a loop over `epochs`. Before the end of the first epoch there are none to go back to.
   */
  restoreBest?: boolean | undefined;
  /** Called after every update, with the metrics of its batch before it. A promise is awaited; its rejection ends the run. */
  onBatch?: ((metrics: FitMetrics) => unknown) | undefined;
  /** Called after every epoch, likewise. */
  onEpoch?: ((metrics: FitMetrics) => unknown) | undefined;
  /** Stops training between two updates; the weights stay those of the last. */
  signal?: AbortSignal | undefined;
}

const OPTIONS: readonly (keyof FitOptions)[] = [
  "optimizer",
  "loss",
  "classWeights",
  "epochs",
  "startEpoch",
  "batchSize",
  "shuffle",
  "seed",
  "validation",
  "patience",
  "restoreBest",
  "onBatch",
  "onEpoch",
  "signal",
];

/** The options with every default filled in, each read once. */
export function readFitOptions<D extends DType>(caller: string, options: FitOptions<D>) {
  checkFields(caller, "options", options, OPTIONS);
  const { optimizer, epochs = 1, startEpoch = 1, batchSize = 32, shuffle = true, seed = anySeed() } = options;
  const { loss, classWeights, validation, patience, restoreBest = false, onBatch, onEpoch, signal } = options;
  Optimizer.check(caller, "optimizer", optimizer);
  checkCount(caller, "epochs", epochs);
  checkCount(caller, "startEpoch", startEpoch);
  checkCount(caller, "batchSize", batchSize);
  checkBoolean(caller, "shuffle", shuffle);
  checkSeed(caller, "seed", seed);
  if (patience !== undefined) checkCount(caller, "patience", patience);
  checkBoolean(caller, "restoreBest", restoreBest);
  if (validation === undefined && (patience !== undefined || restoreBest)) {
    const name = patience === undefined ? "restoreBest" : "patience";
    throw new TypeError(`${caller}: ${name} needs validation, whose loss tells which epoch is the best`);
  }
  checkCallback(caller, "onBatch", onBatch);
  checkCallback(caller, "onEpoch", onEpoch);
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    throw new TypeError(`${caller}: signal must be an AbortSignal, got ${kindOf(signal)}`);
  }
  return {
    optimizer,
    loss,
    classWeights,
    epochs,
    startEpoch,
    batchSize,
    shuffle,
    seed,
    validation,
    patience,
    restoreBest,
    onBatch,
    onEpoch,
    signal,
  };
}
