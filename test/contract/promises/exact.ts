/**
 * Sums of products over the whole range of exponents, as if in twice the precision of float64 and without overflow.
 *
 * Each operand is split into a power of two and a number in [1, 2) once. The products of an element are summed relative to
 * the largest of them, compensated: Ogita, Rump and Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26(6),
 * 2005. What is 2^-600 times smaller than the largest is left out, which is far below what the result is held to.
 */
import type { DType, FloatArray } from "../../../src/common/dtype.js";
import type { Operands } from "./values.js";

/** An operand, taken apart: value = sign·(high + low)·2^exponent, high with 26 bits. Exponent `NOTHING` for zero. */
interface Parts {
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly exponent: Int32Array;
}

const NOTHING = -100_000;
const LEAST = -600;
const POWERS = Float64Array.from({ length: 1 - LEAST }, (_, i) => 2 ** (i + LEAST));

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);

function takeApart(array: FloatArray): Parts {
  const { length } = array;
  const parts = { high: new Float64Array(length), low: new Float64Array(length), exponent: new Int32Array(length) };
  for (let i = 0; i < length; i++) {
    let value = array[i] as number;
    if (value === 0) {
      parts.exponent[i] = NOTHING;
      continue;
    }
    let exponent = 0;
    if (Math.abs(value) < 2 ** -1022) {
      value *= 2 ** 100;
      exponent = -100;
    }
    float[0] = value;
    const word = words[1] as number;
    exponent += ((word >>> 20) & 0x7ff) - 1023;
    words[1] = (word & ~0x7ff00000) | 0x3ff00000;
    const mantissa = float[0] as number;
    const scaled = 134217729 * mantissa;
    const high = scaled - (scaled - mantissa);
    parts.high[i] = high;
    parts.low[i] = mantissa - high;
    parts.exponent[i] = exponent;
  }
  return parts;
}

/** `2^exponent`, times x, for exponents beyond those that a float64 holds. */
function scale(x: number, exponent: number): number {
  const part = Math.trunc(exponent / 3);
  return x * 2 ** part * 2 ** part * 2 ** (exponent - 2 * part);
}

/** Half the distance from 1 to the next number. */
const UNIT = { float32: 2 ** -24, float64: 2 ** -53 };
const SMALLEST = { float32: -149, float64: -1074 };
const LARGEST = { float32: 127, float64: 1023 };

/** What one element should be: (value + rest)·2^exponent, and the sum of the absolute values of what was added up. */
export interface Element {
  value: number;
  rest: number;
  magnitude: number;
  exponent: number;
}

/** Calls `visit` with each element of init + A·B, for A m × k, B k × n and init m × n, all finite and row-major. */
export function eachElement(
  [m, n, k]: readonly [number, number, number],
  a: FloatArray,
  b: FloatArray,
  init: FloatArray | null,
  visit: (i: number, element: Element) => void,
): void {
  const left = takeApart(a);
  const right = takeApart(b);
  const start = init && takeApart(init);
  const element: Element = { value: 0, rest: 0, magnitude: 0, exponent: 0 };
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      let top = start ? (start.exponent[at] as number) : NOTHING;
      for (let p = 0; p < k; p++) {
        top = Math.max(top, (left.exponent[i * k + p] as number) + (right.exponent[p * n + j] as number));
      }
      // Not far below the smallest number: the bound, relative to 2^top, would be infinite.
      top = Math.max(top, -1100);
      let sum = 0;
      let rest = 0;
      let magnitude = 0;
      if (start && (start.exponent[at] as number) - top >= LEAST) {
        sum = (start.high[at] as number) * (POWERS[(start.exponent[at] as number) - top - LEAST] as number);
        rest = (start.low[at] as number) * (POWERS[(start.exponent[at] as number) - top - LEAST] as number);
        magnitude = Math.abs(sum + rest);
      }
      for (let p = 0, l = i * k, r = j; p < k; p++, l++, r += n) {
        const exponent = (left.exponent[l] as number) + (right.exponent[r] as number) - top;
        if (exponent < LEAST) continue;
        const [xh, xl] = [left.high[l] as number, left.low[l] as number];
        const [yh, yl] = [right.high[r] as number, right.low[r] as number];
        const product = (xh + xl) * (yh + yl);
        const error = xl * yl - (product - xh * yh - xl * yh - xh * yl);
        const power = POWERS[exponent - LEAST] as number;
        const term = product * power;
        const next = sum + term;
        const shift = next - sum;
        rest += sum - (next - shift) + (term - shift) + error * power;
        sum = next;
        magnitude += Math.abs(term);
      }
      element.value = sum;
      element.rest = rest;
      element.magnitude = magnitude;
      element.exponent = top;
      visit(at, element);
    }
  }
}

/**
 * Holds every element of act(init + A·B) to |error| <= (k+3)·u·S + k·(smallest subnormal).
 *
 * Where S is beyond the largest number a partial sum may be, too: then nothing is promised. The rectifier makes no error
 * larger.
 */
export function expectWithin(
  dtype: DType,
  sizes: readonly [number, number, number],
  { a, b, init }: Operands,
  actual: FloatArray,
  rectify: boolean,
): void {
  const k = sizes[2];
  if (actual.length !== sizes[0] * sizes[1]) throw new Error(`${actual.length} elements for ${sizes[0]}×${sizes[1]}`);
  eachElement(sizes, a, b, init, (i, { value, rest, magnitude, exponent }) => {
    if (Math.log2(magnitude) + exponent > LARGEST[dtype] + 0.9) return;
    const off = rectify && value + rest < 0;
    const error = Math.abs(scale(actual[i] as number, -exponent) - (off ? 0 : value) - (off ? 0 : rest));
    const bound = (k + 3) * UNIT[dtype] * magnitude + k * scale(1, SMALLEST[dtype] - exponent);
    // A comparison with NaN is false, so a NaN result is wrong too.
    if (error <= bound) return;
    const expected = off ? 0 : scale(value + rest, exponent);
    throw new Error(`element ${i} is ${actual[i]}, expected ${expected}: ${error / bound} times the error allowed`);
  });
}

/** |error| / (2u·S), as the Netlib tests of the BLAS report it (there it must be below 16). */
export function errorRatio(dtype: DType, actual: number, { value, rest, magnitude, exponent }: Element): number {
  if (magnitude === 0) return actual === 0 ? 0 : Number.POSITIVE_INFINITY;
  return Math.abs(scale(actual, -exponent) - value - rest) / (2 * UNIT[dtype] * magnitude);
}
