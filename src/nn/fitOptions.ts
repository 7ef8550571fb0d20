/** The options of a training run: their types, their defaults, their checks. */
import { checkBoolean, checkCallback, checkCount, checkFields, checkSeed, kindOf } from "../common/check.js";
import type { DType } from "../common/dtype.js";
import { anySeed } from "../common/random.js";
import type { Examples } from "./data.js";
import type { Loss } from "./losses.js";
import type { FitMetrics } from "./metrics.js";
import { Optimizer } from "./optimizer.js";

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

/** The options with every default filled in, each read once. */
export function readFitOptions<D extends DType>(caller: string, options: FitOptions<D>) {
  checkFields(caller, "options", options, OPTIONS);
  const { optimizer, epochs = 1, startEpoch = 1, batchSize = 32, shuffle = true, seed = anySeed() } = options;
  const { loss, validation, onBatch, onEpoch, signal } = options;
  Optimizer.check(caller, "optimizer", optimizer);
  checkCount(caller, "epochs", epochs);
  checkCount(caller, "startEpoch", startEpoch);
  checkCount(caller, "batchSize", batchSize);
  checkBoolean(caller, "shuffle", shuffle);
  checkSeed(caller, "seed", seed);
  checkCallback(caller, "onBatch", onBatch);
  checkCallback(caller, "onEpoch", onEpoch);
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    throw new TypeError(`${caller}: signal must be an AbortSignal, got ${kindOf(signal)}`);
  }
  return { optimizer, loss, epochs, startEpoch, batchSize, shuffle, seed, validation, onBatch, onEpoch, signal };
}
