/**
 * Exponentials of numbers that are not positive, which is all that sigmoid, tanh, softmax and the normal density need:
 * written so, none of them overflows.
 *
 * Source: FreeBSD's e_exp.c and e_expf.c (fdlibm, Copyright 1993 Sun Microsystems, freely redistributable): its
 * reduction x = n·ln 2 + r, |r| <= ln 2 / 2, and its rational approximation of exp on that range,
 *
 *     exp(r) - 1 = r + r·c / (2 - c),   c = r - r²·P(r²)
 */

import { minus, over, plus, powerOfTwo, rounder, times, zeroIfLess } from "../lanes/arithmetic";
import { atLeast, madd, splat } from "../lanes/vector";

/** A constant as each element type wants it. */
export function pick<T extends number>(single: f64, double: f64): T {
  return sizeof<T>() === 4 ? <T>single : <T>double;
}

/** n + rounder, n being the integer nearest to x / ln 2. */
function roundedQuotient<T extends number, V>(x: V): V {
  return madd<T, V>(x, splat<T, V>(pick<T>(1.4426950216293335, Math.LOG2E)), splat<T, V>(rounder<T>()));
}

/** exp(x + rest - n·ln 2) - 1. */
function reducedExpMinus1<T extends number, V>(x: V, rest: V, n: V): V {
  const high = madd<T, V>(n, splat<T, V>(pick<T>(-0.693145751953125, -0.6931471803691238)), x);
  const low = minus<T, V>(times<T, V>(n, splat<T, V>(pick<T>(1.428606765330187e-6, 1.9082149292705877e-10))), rest);
  const r = minus<T, V>(high, low);
  const square = times<T, V>(r, r);
  let p: V;
  if (sizeof<T>() === 4) {
    p = madd<T, V>(square, splat<T, V>(<T>-0.0027667332906275988), splat<T, V>(<T>0.16666625440120697));
  } else {
    p = madd<T, V>(square, splat<T, V>(<T>4.1381367970572385e-8), splat<T, V>(<T>-1.6533902205465252e-6));
    p = madd<T, V>(square, p, splat<T, V>(<T>6.613756321437934e-5));
    p = madd<T, V>(square, p, splat<T, V>(<T>-2.7777777777015593e-3));
    p = madd<T, V>(square, p, splat<T, V>(<T>1.6666666666666602e-1));
  }
  const c = minus<T, V>(r, times<T, V>(square, p));
  const fraction = over<T, V>(times<T, V>(r, c), minus<T, V>(splat<T, V>(<T>2), c));
  return minus<T, V>(high, minus<T, V>(low, fraction));
}

/** exp(x + rest) for x <= 0 and a `rest` that is tiny beside 1. NaN gives NaN, -Infinity 0; subnormal results are right. */
export function exponential<T extends number, V>(x: V, rest: V): V {
  // Below, the result is 0; it is not computed as such, since processors are slow at products that underflow.
  const lowest = splat<T, V>(pick<T>(-104, -746));
  const bounded = zeroIfLess<T, V>(x, lowest, x);
  const rounded = roundedQuotient<T, V>(bounded);
  const n = minus<T, V>(rounded, splat<T, V>(rounder<T>()));
  const result = plus<T, V>(splat<T, V>(<T>1), reducedExpMinus1<T, V>(bounded, rest, n));
  // 2^n may be subnormal, 2^(n + 64) is not: so the last product is the only one that rounds.
  const scaled = times<T, V>(result, powerOfTwo<T, V>(rounded, 64));
  return zeroIfLess<T, V>(x, lowest, times<T, V>(scaled, splat<T, V>(<T>5.421010862427522e-20)));
}

/** exp(x) - 1 for x <= 0, accurate near 0. */
export function exponentialMinus1<T extends number, V>(x: V): V {
  // Below, the result is -1 in either type.
  x = atLeast<T, V>(x, splat<T, V>(<T>-60));
  const rounded = roundedQuotient<T, V>(x);
  const scale = powerOfTwo<T, V>(rounded, 0);
  const n = minus<T, V>(rounded, splat<T, V>(rounder<T>()));
  const p = reducedExpMinus1<T, V>(x, splat<T, V>(<T>0), n);
  return madd<T, V>(scale, p, minus<T, V>(scale, splat<T, V>(<T>1)));
}

/**
 * log(1 + e) for 0 <= e <= 1: twice the inverse hyperbolic tangent of s = e / (2 + e) <= 1/3, by its Taylor series
 * s + s³/3 + s⁵/5 + …, whose terms shrink ninefold.
 */
export function log1p<T extends number, V>(e: V): V {
  const s = over<T, V>(e, plus<T, V>(splat<T, V>(<T>2), e));
  return times<T, V>(plus<T, V>(s, s), inverseTanhRatio<T, V>(times<T, V>(s, s)));
}

/** artanh(s) / s from s² <= 1/9. */
function inverseTanhRatio<T extends number, V>(square: V): V {
  let p: V;
  if (sizeof<T>() === 4) {
    p = splat<T, V>(<T>(1.0 / 17.0));
  } else {
    p = splat<T, V>(<T>(1.0 / 35.0));
    p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 33.0)));
    p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 31.0)));
    p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 29.0)));
    p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 27.0)));
    p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 25.0)));
    p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 23.0)));
    p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 21.0)));
    p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 19.0)));
    p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 17.0)));
  }
  p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 15.0)));
  p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 13.0)));
  p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 11.0)));
  p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 9.0)));
  p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 7.0)));
  p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 5.0)));
  p = madd<T, V>(square, p, splat<T, V>(<T>(1.0 / 3.0)));
  return madd<T, V>(square, p, splat<T, V>(<T>1));
}

/** log x for a normal x >= 1: x = 2^n·f with f near 1, log f = 2·artanh((f - 1) / (f + 1)). NaN and Infinity pass. */
export function logarithm(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<i64>(x);
  // f in [2/3, 4/3): |f - 1| / (f + 1) <= 1/5.
  const n = (bits - reinterpret<i64>(<f64>2 / 3)) >> 52;
  const f = reinterpret<f64>(bits - (n << 52));
  const s = (f - 1) / (f + 1);
  return <f64>n * Math.LN2 + 2 * s * inverseTanhRatio<f64, f64>(s * s);
}
