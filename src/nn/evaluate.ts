/** How good a network is on given examples. */

import type { DType } from "../common/dtype.js";
import { NONE } from "../kernels/abi.js";
import type { Batches } from "./batches.js";
import type { NetworkInternals } from "./internals.js";
import type { Loss } from "./losses.js";

export interface Evaluation {
  /** The mean over the examples. */
  readonly loss: number;
  /** The part of the examples whose largest output is that of their class, from 0 to 1; only with labels. */
  readonly accuracy?: number;
}

/** `inference` must have room for `batchSize` rows. */
export function evaluateOn<D extends DType>(
  caller: string,
  { runtime, dtype, outFeatures, inference }: NetworkInternals<D>,
  batches: Batches<D>,
  loss: Loss,
  batchSize: number,
): Evaluation {
  const kernels = runtime.kernels[dtype];
  const { count, labelled } = batches;
  let total = 0;
  let correct = 0;
  for (let from = 0; from < count; from += batchSize) {
    const rows = Math.min(batchSize, count - from);
    batches.take(from, rows);
    const y = inference.forward(caller, batches.x, rows);
    total += loss.part(kernels, rows, outFeatures, y, batches.targets, labelled, count, NONE);
    if (labelled) correct += kernels.countCorrect(rows, outFeatures, y, batches.targets);
  }
  return evaluation(total, correct, count, labelled);
}

export function evaluation(loss: number, correct: number, count: number, labelled: boolean): Evaluation {
  return labelled ? { loss, accuracy: correct / count } : { loss };
}
