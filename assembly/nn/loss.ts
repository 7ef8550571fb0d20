/** Losses that are sums over elements. */

import { atMost, ifNegative, loadNext, magnitude, minus, over, plus, storeNext, times } from "../lanes/arithmetic";
import { Count0, Count1, Count2, count } from "../lanes/count";
import { addProductsTo, addTo, noSum, total, turn } from "../lanes/sum";
import { atLeast, lanes, madd, splat } from "../lanes/vector";
import { exponential, log1p } from "./exp";

/**
 * What is added up of y and t, and its derivative with respect to y, kinds being types as those of `./activation`:
 *
 *     SquaredError         ½(y - t)²                            y - t
 *     BinaryCrossEntropy   log(1 + exp y) - t·y                 sigmoid(y) - t
 *     Huber                c·(e - c/2), e = y - t               c = e, but from -delta to delta
 *
 * The second is the cross entropy of the probability t and sigmoid(y).
 */
export type SquaredError = Count0;
export type BinaryCrossEntropy = Count1;
export type Huber = Count2;

/**
 * L = factor·Σ_r weights[r]·Σ_j l(y[r][j], t[r][j]), which is returned; dy[r][j] = dL/dy[r][j].
 *
 * @param weights f64, or 0: all are 1. What has a weight of 0 counts for nothing, whatever it is
 * @param delta of Huber alone
 * @param dy y itself, t, or 0: then only the loss is computed
 */
// biome-ignore format: operand by operand
export function elementLoss<T extends number, V, S, Kind>(
  rows: i32, columns: i32, y: usize, t: usize, weights: usize,
  delta: f64, factor: f64, dy: usize,
): f64 {
  assert(rows >= 0 && columns >= 0);
  if (weights === 0) return factor * lossOf<T, V, S, Kind>(rows * columns, y, t, delta, factor, dy);
  const step = <usize>columns * sizeof<T>();
  let loss: f64 = 0;
  for (; rows > 0; rows--) {
    const weight = load<f64>(weights);
    if (weight !== 0) loss += weight * lossOf<T, V, S, Kind>(columns, y, t, delta, factor * weight, dy);
    else if (dy !== 0) memory.fill(dy, 0, step);
    y += step;
    t += step;
    weights += sizeof<f64>();
    if (dy !== 0) dy += step;
  }
  return factor * loss;
}

/** Σ l(y[i], t[i]), which is returned; dy[i] = factor·l'(y[i], t[i]). */
// biome-ignore format: operand by operand
function lossOf<T extends number, V, S, Kind>(
  length: i32, y: usize, t: usize,
  delta: f64, factor: f64, dy: usize,
): f64 {
  const factors = splat<T, V>(<T>factor);
  const deltas = splat<T, V>(<T>delta);
  const zero = splat<T, V>(<T>0);
  const one = splat<T, V>(<T>1);
  const half = splat<T, V>(<T>0.5);
  let sum = noSum<S>();
  let other = noSum<S>();
  let slope: V = zero;
  let next: S;
  for (; length > 0; length -= lanes<T, V>()) {
    const target = loadNext<T, V>(t, length, <T>0);
    if (count<Kind>() === count<BinaryCrossEntropy>()) {
      // What stands in for missing elements has loss 0.
      const logit = loadNext<T, V>(y, length, <T>-10000);
      // log(1 + exp z) - t·z = |z|·(z < 0 ? t : 1 - t) + log(1 + e), e = exp(-|z|): nothing overflows or cancels.
      const size = magnitude<T, V>(logit);
      const e = exponential<T, V>(minus<T, V>(zero, size), zero);
      const miss = ifNegative<T, V>(logit, target, minus<T, V>(one, target));
      next = addTo<T, V, S>(sum, madd<T, V>(size, miss, log1p<T, V>(e)));
      if (dy !== 0) {
        const sigmoid = over<T, V>(ifNegative<T, V>(logit, e, one), plus<T, V>(one, e));
        slope = minus<T, V>(sigmoid, target);
      }
    } else {
      const error = minus<T, V>(loadNext<T, V>(y, length, <T>0), target);
      slope = error;
      if (count<Kind>() === count<Huber>()) {
        slope = atLeast<T, V>(atMost<T, V>(error, deltas), minus<T, V>(zero, deltas));
        next = addProductsTo<T, V, S>(sum, slope, minus<T, V>(error, times<T, V>(half, slope)));
      } else next = addProductsTo<T, V, S>(sum, error, error);
    }
    if (dy !== 0) {
      storeNext<T, V>(dy, length, times<T, V>(factors, slope));
      dy += sizeof<V>();
    }
    sum = turn<S>(next, other);
    other = next;
    y += sizeof<V>();
    t += sizeof<V>();
  }
  const all = total<S>(sum, other);
  return count<Kind>() === count<SquaredError>() ? 0.5 * all : all;
}

/** Σ x[i]². */
export function sumOfSquares<T extends number, V, S>(length: i32, x: usize): f64 {
  assert(length >= 0);
  let sum = noSum<S>();
  let other = noSum<S>();
  for (; length > 0; length -= lanes<T, V>()) {
    const v = loadNext<T, V>(x, length, <T>0);
    const next = addProductsTo<T, V, S>(sum, v, v);
    sum = turn<S>(next, other);
    other = next;
    x += sizeof<V>();
  }
  return total<S>(sum, other);
}
