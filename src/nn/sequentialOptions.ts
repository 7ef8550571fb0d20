/** The options of a network and of its evaluation. */
import type { DType } from "../common/dtype.js";
import type { Loss, LossFunction } from "./losses.js";

export interface SequentialOptions<D extends DType = "float32"> {
  /** Element type of every array. Default "float32". */
  dtype?: D | undefined;
  /**
   * A whole number below 2³² that makes the starting values and the masks of dropout reproducible. Default: another one for
   * every network.
   */
  seed?: number | undefined;
}

export interface EvaluateOptions<D extends DType = "float32"> {
  /** Default: `softmaxCrossEntropy()` for labels, `meanSquaredError()` for targets. */
  loss?: Loss | LossFunction<D> | undefined;
  /** What each class counts, at least 0; only with labels. See `Examples.weights`. */
  classWeights?: ArrayLike<number> | undefined;
  /** Examples at a time; the result depends on it only in its last bits. Default 256. */
  batchSize?: number | undefined;
}
