/** The naive loops in float64 that every result is held against, and the bound that the contract promises. */

import type { Shape } from "affine-wasm";
import type { DType, FloatArray } from "../../src/common/dtype.js";

/** What an element should be, and the sum of the absolute values of all that was added up for it. */
export interface Reference {
  readonly values: Float64Array;
  readonly magnitudes: Float64Array;
  /** Terms in each sum. */
  readonly k: number;
}

/** Half the distance from 1 to the next number. */
const UNIT = { float32: 2 ** -24, float64: 2 ** -53 };
const SMALLEST = { float32: 2 ** -149, float64: 2 ** -1074 };

type Element = (row: number, column: number) => number;

/**
 * init + A·B for A m × k and B k × n, each sum compensated: as if computed in twice the precision.
 * Source: Ogita, Rump and Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26(6), 2005.
 */
export function product(m: number, n: number, k: number, a: Element, b: Element, init: Element): Reference {
  const values = new Float64Array(m * n);
  const magnitudes = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = init(i, j);
      let error = 0;
      let magnitude = Math.abs(sum);
      for (let p = 0; p < k; p++) {
        const x = a(i, p);
        const y = b(p, j);
        const term = x * y;
        const next = sum + term;
        const shift = next - sum;
        error += sum - (next - shift) + (term - shift) + productError(x, y, term);
        sum = next;
        magnitude += Math.abs(term);
      }
      values[i * n + j] = Number.isFinite(sum) ? sum + error : sum;
      magnitudes[i * n + j] = magnitude;
    }
  }
  return { values, magnitudes, k };
}

/** x·y - term, exactly (Dekker's product). */
function productError(x: number, y: number, term: number): number {
  const [xHigh, xLow] = split(x);
  const [yHigh, yLow] = split(y);
  return xLow * yLow - (term - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
}

function split(x: number): [number, number] {
  const scaled = 134217729 * x;
  const high = scaled - (scaled - x);
  return [high, x - high];
}

const zero = () => 0;
/** `array[i]`, for an index known to be inside. */
const at = (array: FloatArray, i: number) => array[i] as number;

export function referenceForward(
  { batch, inFeatures, outFeatures }: Shape,
  { x, weight, bias }: { x: FloatArray; weight: FloatArray; bias?: FloatArray | null },
): Reference {
  const rowOf = (i: number, p: number) => at(x, i * inFeatures + p);
  const columnOf = (p: number, j: number) => at(weight, p * outFeatures + j);
  return product(batch, outFeatures, inFeatures, rowOf, columnOf, bias ? (_, j) => at(bias, j) : zero);
}

export function referenceBackward(
  { batch, inFeatures, outFeatures }: Shape,
  { x, weight, dy }: { x: FloatArray; weight: FloatArray; dy: FloatArray },
): { dx: Reference; dWeight: Reference; dBias: Reference } {
  const dyAt = (s: number, j: number) => at(dy, s * outFeatures + j);
  const weightT = (j: number, i: number) => at(weight, i * outFeatures + j);
  const xT = (i: number, s: number) => at(x, s * inFeatures + i);
  return {
    dx: product(batch, inFeatures, outFeatures, dyAt, weightT, zero),
    dWeight: product(inFeatures, outFeatures, batch, xT, dyAt, zero),
    dBias: product(1, outFeatures, batch, () => 1, dyAt, zero),
  };
}

/** Holds every element to |error| <= (k+3)·u·S + k·(smallest subnormal). */
export function expectWithinBound(actual: FloatArray, reference: Reference, dtype: DType, what: string): void {
  const { values, magnitudes, k } = reference;
  checkLength(actual, values, what);
  for (let i = 0; i < values.length; i++) {
    const bound = (k + 3) * UNIT[dtype] * at(magnitudes, i) + k * SMALLEST[dtype];
    const error = Math.abs(at(actual, i) - at(values, i));
    // A comparison with NaN is false, so a NaN result fails too.
    if (!(error <= bound)) {
      throw new Error(`${what}: element ${i} is ${actual[i]}, expected ${values[i]} ± ${bound}`);
    }
  }
}

/** Element by element the same bits, but that any NaN equals any NaN. */
export function expectSameBits(actual: FloatArray, expected: ArrayLike<number>, what: string): void {
  checkLength(actual, expected, what);
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      throw new Error(`${what}: element ${i} is ${actual[i]}, expected ${expected[i]}`);
    }
  }
}

function checkLength(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} elements, expected ${expected.length}`);
  }
}
