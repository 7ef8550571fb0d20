/** Losses that are sums over elements. */

import { ifNegative, loadNext, magnitude, minus, over, plus, storeNext, times } from "../lanes/arithmetic";
import { addProductsTo, addTo, noSum, total, turn } from "../lanes/sum";
import { lanes, madd, splat } from "../lanes/vector";
import { exponential, log1p } from "./exp";

/**
 * L = factor·Σ ½(y[i] - t[i])², which is returned; dy[i] = dL/dy[i] = factor·(y[i] - t[i]).
 *
 * @param dy y itself, t, or 0: then only the loss is computed
 */
export function squaredError<T extends number, V, S>(length: i32, y: usize, t: usize, factor: f64, dy: usize): f64 {
  assert(length >= 0);
  const factors = splat<T, V>(<T>factor);
  let sum = noSum<S>();
  let other = noSum<S>();
  for (; length > 0; length -= lanes<T, V>()) {
    const error = minus<T, V>(loadNext<T, V>(y, length, <T>0), loadNext<T, V>(t, length, <T>0));
    if (dy !== 0) {
      storeNext<T, V>(dy, length, times<T, V>(factors, error));
      dy += sizeof<V>();
    }
    const next = addProductsTo<T, V, S>(sum, error, error);
    sum = turn<S>(next, other);
    other = next;
    y += sizeof<V>();
    t += sizeof<V>();
  }
  return factor * 0.5 * total<S>(sum, other);
}

/**
 * L = factor·Σ (log(1 + exp(z[i])) - t[i]·z[i]), which is returned: the cross entropy of the probability t and
 * sigmoid(z); dz[i] = dL/dz[i] = factor·(sigmoid(z[i]) - t[i]).
 *
 * @param dz z itself, t, or 0: then only the loss is computed
 */
export function binaryCrossEntropy<T extends number, V, S>(
  length: i32,
  z: usize,
  t: usize,
  factor: f64,
  dz: usize,
): f64 {
  assert(length >= 0);
  const factors = splat<T, V>(<T>factor);
  const zero = splat<T, V>(<T>0);
  const one = splat<T, V>(<T>1);
  let sum = noSum<S>();
  let other = noSum<S>();
  for (; length > 0; length -= lanes<T, V>()) {
    // What stands in for missing elements has loss 0.
    const logit = loadNext<T, V>(z, length, <T>-10000);
    const target = loadNext<T, V>(t, length, <T>0);
    // log(1 + exp z) - t·z = |z|·(z < 0 ? t : 1 - t) + log(1 + e), e = exp(-|z|): nothing overflows or cancels.
    const size = magnitude<T, V>(logit);
    const e = exponential<T, V>(minus<T, V>(zero, size), zero);
    const miss = ifNegative<T, V>(logit, target, minus<T, V>(one, target));
    const loss = madd<T, V>(size, miss, log1p<T, V>(e));
    if (dz !== 0) {
      const sigmoid = over<T, V>(ifNegative<T, V>(logit, e, one), plus<T, V>(one, e));
      storeNext<T, V>(dz, length, times<T, V>(factors, minus<T, V>(sigmoid, target)));
      dz += sizeof<V>();
    }
    const next = addTo<T, V, S>(sum, loss);
    sum = turn<S>(next, other);
    other = next;
    z += sizeof<V>();
    t += sizeof<V>();
  }
  return factor * total<S>(sum, other);
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
