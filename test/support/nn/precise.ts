/**
 * Reference functions to about 30 digits, for results that are held to units in the last place. A number is a pair
 * high + low of float64, the high one being the sum rounded.
 * Source of the arithmetic: T. J. Dekker, "A floating-point technique for extending the available precision", 1971.
 */
import type { DType } from "../../../src/common/dtype.js";

export type Pair = readonly [high: number, low: number];

const normalised = (a: number, b: number): Pair => [a + b, b - (a + b - a)];

function twoSum(a: number, b: number): Pair {
  const sum = a + b;
  const shift = sum - a;
  return [sum, a - (sum - shift) + (b - shift)];
}

function split(x: number): Pair {
  const scaled = 134217729 * x;
  const high = scaled - (scaled - x);
  return [high, x - high];
}

function twoProduct(a: number, b: number): Pair {
  const product = a * b;
  const [aHigh, aLow] = split(a);
  const [bHigh, bLow] = split(b);
  return [product, aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)];
}

export const pair = (x: number): Pair => [x, 0];
export const negative = ([high, low]: Pair): Pair => [-high, -low];

export function add(a: Pair, b: Pair): Pair {
  const [high, low] = twoSum(a[0], b[0]);
  return normalised(high, low + a[1] + b[1]);
}

export function multiply(a: Pair, b: Pair): Pair {
  const [high, low] = twoProduct(a[0], b[0]);
  return normalised(high, low + a[0] * b[1] + a[1] * b[0]);
}

export function divide(a: Pair, b: Pair): Pair {
  const first = a[0] / b[0];
  const rest = add(a, negative(multiply(b, pair(first))));
  const second = rest[0] / b[0];
  const last = add(rest, negative(multiply(b, pair(second))));
  return add(normalised(first, second), pair(last[0] / b[0]));
}

const LN2: Pair = [Math.LN2, 2.3190468138462996e-17];
const INVERSE_ROOT_2PI: Pair = [0.3989422804014327, -2.4923272022777433e-17];

/** e^x. */
export function exp(x: Pair): Pair {
  if (x[0] < -800) return pair(0);
  const n = Math.round(x[0] / LN2[0]);
  const r = multiply(add(x, negative(multiply(pair(n), LN2))), pair(2 ** -8));
  let [term, sum]: [Pair, Pair] = [pair(1), pair(1)];
  for (let i = 1; i < 14; i++) {
    term = divide(multiply(term, r), pair(i));
    sum = add(sum, term);
  }
  for (let i = 0; i < 8; i++) sum = multiply(sum, sum);
  // In two steps: 2^n alone may underflow.
  const half = Math.trunc(n / 2);
  return [sum[0] * 2 ** half * 2 ** (n - half), sum[1] * 2 ** half * 2 ** (n - half)];
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: number): Pair {
  const e = exp(pair(-Math.abs(x)));
  return divide(x < 0 ? e : pair(1), add(pair(1), e));
}

/** x < 0 ? e^x - 1 : x. */
export function elu(x: number): Pair {
  if (x >= 0) return pair(x);
  // x + x²/2 + x³/6: where e^x - 1 would cancel.
  if (x > -1e-9) return add(pair(x), multiply(pair(x * x), pair(0.5 + x / 6)));
  return add(exp(pair(x)), pair(-1));
}

/** x / (1 + e^-x): as x·e^(x/2)·(e^(x/2) / (1 + e^x)) for a negative x, of which only the last product may underflow. */
export function silu(x: number): Pair {
  if (x >= 0) return divide(pair(x), add(pair(1), exp(pair(-x))));
  const half = exp(pair(x / 2));
  return multiply(divide(multiply(pair(x), half), add(pair(1), multiply(half, half))), half);
}

export function tanh(x: number): Pair {
  if (Math.abs(x) < 1e-9) return add(pair(x), pair((-x * x * x) / 3));
  const e = exp(pair(-2 * Math.abs(x)));
  const size = divide(add(pair(1), negative(e)), add(pair(1), e));
  return x < 0 ? negative(size) : size;
}

/** φ(x)·2^lift, φ(x) = e^(-x²/2) / √(2π). */
export function normalDensity(x: number, lift = 0): Pair {
  const exponent = add(multiply(twoProduct(x, x), pair(-0.5)), multiply(pair(lift), LN2));
  return multiply(INVERSE_ROOT_2PI, exp(exponent));
}

/** x·Φ(x). */
export function gelu(x: number): Pair {
  if (x > -20) return multiply(pair(x), normalDistribution(x));
  // Out there Φ(x) may be subnormal where the result is not yet so, or less so.
  const [high, low] = multiply(pair(x), tailByFraction(-x, 100));
  return [high * 2 ** -100, low * 2 ** -100];
}

/** Φ(x), the integral of φ up to x: a series near 0, a continued fraction beyond. */
export function normalDistribution(x: number): Pair {
  const a = Math.abs(x);
  const tail = a < 5 ? tailBySeries(a) : tailByFraction(a);
  return x < 0 ? tail : add(pair(1), negative(tail));
}

/** Φ(-a) = ½ - φ(a)·(a + a³/3 + a⁵/(3·5) + …). */
function tailBySeries(a: number): Pair {
  const square = twoProduct(a, a);
  let [term, sum]: [Pair, Pair] = [pair(a), pair(a)];
  for (let i = 3; i < 300; i += 2) {
    term = divide(multiply(term, square), pair(i));
    sum = add(sum, term);
  }
  return add(pair(0.5), negative(multiply(normalDensity(a), sum)));
}

/** Φ(-a)·2^lift, Φ(-a) = φ(a) / (a + 1/(a + 2/(a + 3/(a + …)))). */
function tailByFraction(a: number, lift = 0): Pair {
  let fraction = pair(a);
  for (let i = 150; i > 0; i--) fraction = add(pair(a), divide(pair(i), fraction));
  return divide(normalDensity(a, lift), fraction);
}

/** How far `actual` is from `expected`, in units of the last place that `dtype` has there. */
export function ulps(actual: number, [high, low]: Pair, dtype: DType): number {
  const [bits, least] = dtype === "float32" ? [24, -126] : [53, -1022];
  const exponent = high === 0 ? least : Math.max(least, Math.floor(Math.log2(Math.abs(high))));
  // In two steps: the unit may be subnormal, and its inverse infinite.
  const error = Math.abs(actual - high - low);
  return (error * 2 ** -Math.floor(exponent / 2)) / 2 ** (exponent - Math.floor(exponent / 2)) / 2 ** (1 - bits);
}
