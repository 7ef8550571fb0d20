/** Cases, random numbers and arrays for the tests. */

import type { Shape } from "affine-wasm";
import { ARRAYS, type ArrayOf, type DType } from "../../src/common/dtype.js";

export const DTYPES = ["float32", "float64"] as const;

/** Runs `test` on each case. A loop that ran no case proves nothing, so it fails. */
export function eachCase<C>(cases: Iterable<C>, test: (value: C) => void): number {
  let ran = 0;
  for (const value of cases) {
    test(value);
    ran++;
  }
  if (ran === 0) throw new Error("eachCase: no case was run");
  return ran;
}

/** All batch × in × out with each size one of `sizes`. */
export function* grid(sizes: readonly number[]): Generator<Shape> {
  for (const batch of sizes)
    for (const inFeatures of sizes) for (const outFeatures of sizes) yield { batch, inFeatures, outFeatures };
}

/** The sizes at and around each multiple that a loop cuts at. */
export function around(...edges: number[]): number[] {
  return [...new Set(edges.flatMap((edge) => [edge - 1, edge, edge + 1]))].filter((size) => size > 0);
}

export type Random = () => number;

/** Uniform numbers in [-1, 1) from a fixed seed, so that every run sees the same. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  };
}

export function arrayOf<D extends DType>(dtype: D, length: number, value: (i: number) => number): ArrayOf<D> {
  const array = new ARRAYS[dtype](length);
  for (let i = 0; i < length; i++) array[i] = value(i);
  return array as ArrayOf<D>;
}

/** X, W, b and dY of a shape, filled by `value`. */
export function operandsOf<D extends DType>(dtype: D, shape: Shape, value: Random) {
  const { batch, inFeatures, outFeatures } = shape;
  return {
    x: arrayOf(dtype, batch * inFeatures, value),
    weight: arrayOf(dtype, inFeatures * outFeatures, value),
    bias: arrayOf(dtype, outFeatures, value),
    dy: arrayOf(dtype, batch * outFeatures, value),
  };
}

/** What a caller without types could pass. */
export const wrong = (value: unknown) => value as never;

export type Kind = typeof TypeError | typeof RangeError | typeof ReferenceError | typeof Error;

/** Holds a call to its error, class and whole message. */
export function expectError(call: () => unknown, kind: Kind, message: string): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  const { constructor: made, message: got } = (thrown ?? {}) as Error;
  if (made !== kind || got !== message) throw new Error(`expected ${kind.name}: ${message}, got ${thrown}`);
}
