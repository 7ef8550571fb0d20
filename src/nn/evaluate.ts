/** How good a network is on given examples. */

import type { DType } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Batches } from "./batches.js";
import type { BatchLoss } from "./batchLoss.js";
import type { Metric } from "./data.js";
import type { NetworkInternals } from "./internals.js";

export interface Evaluation {
  /** The mean over the examples; by their weights, if they have any. */
  readonly loss: number;
  /**
   * The part that is right, from 0 to 1: with labels, and for `softmaxCrossEntropy` with one-hot targets, of the examples
   * whose largest output is that of their class; for `binaryCrossEntropy` with targets of 0 and 1, of the outputs on the right
   * side of 0. Otherwise not there.
   */
  readonly accuracy?: number;
}

/** `inference` must have room for `batchSize` rows. */
export function evaluateOn<D extends DType>(
  caller: string,
  network: NetworkInternals<D>,
  batches: Batches<D>,
  loss: BatchLoss<D>,
  batchSize: number,
): Evaluation {
  const { outFeatures, inference } = network;
  const { count, total, metric } = batches;
  let sum = 0;
  let correct = 0;
  for (let from = 0; from < count; from += batchSize) {
    const rows = Math.min(batchSize, count - from);
    batches.take(from, rows);
    const y = inference.forward(caller, batches.x, rows);
    correct += countCorrect(network, batches, y, rows);
    if (total !== 0) sum += loss.share(y, rows, total, NONE);
  }
  return evaluation(sum, correct, metric, count, outFeatures);
}

/** How much of the current batch is right. */
export function countCorrect<D extends DType>(
  { runtime, dtype, outFeatures }: Pick<NetworkInternals<D>, "runtime" | "dtype" | "outFeatures">,
  { metric, targets }: Batches<D>,
  y: Pointer,
  rows: number,
): number {
  const kernels = runtime.kernels[dtype];
  if (metric === "labels") return kernels.countCorrect(rows, outFeatures, y, targets);
  if (metric === "oneHot") return kernels.countCorrectTargets(rows, outFeatures, y, targets);
  return metric === "sides" ? kernels.countCorrectSides(rows * outFeatures, y, targets) : 0;
}

export function evaluation(
  loss: number,
  correct: number,
  metric: Metric | null,
  rows: number,
  columns: number,
): Evaluation {
  return metric ? { loss, accuracy: correct / (metric === "sides" ? rows * columns : rows) } : { loss };
}
