/** How good a network is on given examples. */

import type { DType } from "../common/dtype.js";
import { NONE } from "../kernels/abi.js";
import type { Chain } from "./chain.js";
import type { Batches } from "./data.js";
import type { Loss } from "./losses.js";
import type { Parameters } from "./parameters.js";
import type { Runtime } from "./runtime.js";

/** What the functions of this entry know of a network. */
export interface Model<D extends DType> {
  readonly runtime: Runtime;
  readonly dtype: D;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly parameters: Parameters<D>;
  readonly chain: Chain<D>;
}

export interface Evaluation {
  /** The mean over the examples. */
  readonly loss: number;
  /** The part of the examples whose largest output is that of their class, from 0 to 1; only with labels. */
  readonly accuracy?: number;
}

/** `chain` must have room for `batchSize` rows. */
export function evaluateOn<D extends DType>(
  { runtime, dtype, outFeatures, chain }: Model<D>,
  batches: Batches<D>,
  loss: Loss,
  batchSize: number,
): Evaluation {
  const kernels = runtime.kernels[dtype];
  const { count, labelled } = batches;
  let total = 0;
  let hits = 0;
  for (let from = 0; from < count; from += batchSize) {
    const rows = Math.min(batchSize, count - from);
    batches.take(from, rows);
    const y = chain.forward(batches.x, rows, false);
    total += loss.part(kernels, rows, outFeatures, y, batches.wanted, labelled, count, NONE);
    if (labelled) hits += kernels.countHits(rows, outFeatures, y, batches.wanted);
  }
  return evaluation(total, hits, count, labelled);
}

export function evaluation(loss: number, hits: number, count: number, labelled: boolean): Evaluation {
  return labelled ? { loss, accuracy: hits / count } : { loss };
}
