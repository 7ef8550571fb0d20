/** Starting values of the weights. */
import type { FloatArray } from "./dtype.js";

export const INITIALIZERS = ["glorotUniform", "heUniform", "zeros"] as const;

/**
 * - `glorotUniform`: uniform in ±√(6 / (in + out)). Glorot and Bengio, AISTATS 2010.
 * - `heUniform`: uniform in ±√(6 / in), for rectified layers. He et al., ICCV 2015.
 * - `zeros`.
 */
export type Initializer = (typeof INITIALIZERS)[number];

/** Fills an in × out weight matrix. The same seed gives the same values, in both element types up to rounding. */
export function initialize(
  weight: FloatArray,
  initializer: Initializer,
  inFeatures: number,
  outFeatures: number,
  seed: number,
): void {
  if (initializer === "zeros") {
    weight.fill(0);
    return;
  }
  const fan = initializer === "heUniform" ? inFeatures : inFeatures + outFeatures;
  const limit = Math.sqrt(6 / fan);
  const random = uniform(seed);
  for (let i = 0; i < weight.length; i++) weight[i] = (2 * random() - 1) * limit;
}

/** Uniform numbers in [0, 1), 32 bits each: Tommy Ettinger's mulberry32, in the public domain. */
function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
