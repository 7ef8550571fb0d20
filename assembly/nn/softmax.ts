/** Softmax over rows, by itself and under the cross entropy. Matrices are rows x columns, row-major and contiguous. */

import { larger, largest, loadNext, minus, storeNext, times, zeroIfZero } from "../lanes/arithmetic";
import { addProductsTo, addTo, noSum, total, turn } from "../lanes/sum";
import { lanes, splat } from "../lanes/vector";
import { exponential, logarithm } from "./exp";

/** p[r][j] = exp(z[r][j]) / Σ_k exp(z[r][k]); p may be z. */
export function softmax<T extends number, V, S>(rows: i32, columns: i32, z: usize, p: usize): void {
  assert(rows >= 0 && columns >= 0);
  const step = <usize>columns * sizeof<T>();
  for (; rows > 0; rows--) {
    const most = maximum<T, V>(columns, z);
    const sum = exponentials<T, V, S>(columns, z, most, p);
    scale<T, V>(columns, 1 / sum, p);
    z += step;
    p += step;
  }
}

/**
 * L = factor·Σ_r weights[r]·(log Σ_k exp(z[r][k]) - z[r][label[r]]), which is returned;
 * dz[r][j] = dL/dz[r][j] = factor·weights[r]·(softmax(z[r])[j] - (j is label[r] ? 1 : 0)).
 *
 * @param labels int32, each in 0 … columns-1
 * @param weights f64, or 0: all are 1. A row with a weight of 0 counts for nothing, whatever it holds
 * @param dz z itself, or 0: then only the loss is computed
 */
// biome-ignore format: operand by operand
export function softmaxCrossEntropy<T extends number, V, S>(
  rows: i32, columns: i32, z: usize, labels: usize, weights: usize,
  factor: f64, dz: usize,
): f64 {
  assert(rows >= 0 && columns >= 0);
  const step = <usize>columns * sizeof<T>();
  let loss: f64 = 0;
  for (; rows > 0; rows--) {
    const label = load<i32>(labels);
    assert(<u32>label < <u32>columns);
    const weight = weightOf(weights);
    if (weight !== 0) {
      const at = <usize>label * sizeof<T>();
      const most = maximum<T, V>(columns, z);
      const right = <f64>load<T>(z + at) - <f64>most;
      const sum = exponentials<T, V, S>(columns, z, most, dz);
      loss += weight * (logarithm(sum) - right);
      if (dz !== 0) {
        const share = factor * weight;
        scale<T, V>(columns, share / sum, dz);
        store<T>(dz + at, sub<T>(load<T>(dz + at), <T>share));
      }
    } else if (dz !== 0) memory.fill(dz, 0, step);
    if (dz !== 0) dz += step;
    if (weights !== 0) weights += sizeof<f64>();
    z += step;
    labels += 4;
  }
  return factor * loss;
}

/**
 * L = factor·Σ_r weights[r]·Σ_j t[r][j]·(log Σ_k exp(z[r][k]) - z[r][j]), which is returned; a t of 0 adds 0 whatever z is;
 * dz[r][j] = dL/dz[r][j] = factor·weights[r]·(softmax(z[r])[j]·Σ_k t[r][k] - t[r][j]).
 *
 * @param weights as above
 * @param dz z itself, or 0: then only the loss is computed
 */
// biome-ignore format: operand by operand
export function softmaxCrossEntropyTargets<T extends number, V, S>(
  rows: i32, columns: i32, z: usize, t: usize, weights: usize,
  factor: f64, dz: usize,
): f64 {
  assert(rows >= 0 && columns >= 0);
  const step = <usize>columns * sizeof<T>();
  let loss: f64 = 0;
  for (; rows > 0; rows--) {
    const weight = weightOf(weights);
    if (weight !== 0) {
      const most = maximum<T, V>(columns, z);
      const targets = sumOf<T, V, S>(columns, t);
      const right = targetScore<T, V, S>(columns, z, t, most);
      const sum = exponentials<T, V, S>(columns, z, most, dz);
      loss += weight * (targets * logarithm(sum) - right);
      if (dz !== 0) {
        const share = factor * weight;
        scaleMinus<T, V>(columns, (targets * share) / sum, dz, share, t);
      }
    } else if (dz !== 0) memory.fill(dz, 0, step);
    if (dz !== 0) dz += step;
    if (weights !== 0) weights += sizeof<f64>();
    z += step;
    t += step;
  }
  return factor * loss;
}

/** The weight at `weights`; 1 if there are none. */
function weightOf(weights: usize): f64 {
  return weights === 0 ? 1 : load<f64>(weights);
}

/** x[i] *= factor. */
export function scale<T extends number, V>(length: i32, factor: f64, x: usize): void {
  assert(length >= 0);
  const factors = splat<T, V>(<T>factor);
  for (; length > 0; length -= lanes<T, V>()) {
    storeNext<T, V>(x, length, times<T, V>(factors, loadNext<T, V>(x, length, <T>0)));
    x += sizeof<V>();
  }
}

/** x[i] = x[i]·factor - t[i]·other. */
function scaleMinus<T extends number, V>(length: i32, factor: f64, x: usize, other: f64, t: usize): void {
  const factors = splat<T, V>(<T>factor);
  const others = splat<T, V>(<T>other);
  for (; length > 0; length -= lanes<T, V>()) {
    const scaled = times<T, V>(factors, loadNext<T, V>(x, length, <T>0));
    storeNext<T, V>(x, length, minus<T, V>(scaled, times<T, V>(others, loadNext<T, V>(t, length, <T>0))));
    x += sizeof<V>();
    t += sizeof<V>();
  }
}

/** The largest element; NaN if one is. */
function maximum<T extends number, V>(length: i32, x: usize): T {
  let most = splat<T, V>(<T>-Infinity);
  for (; length > 0; length -= lanes<T, V>()) {
    most = larger<T, V>(most, loadNext<T, V>(x, length, <T>-Infinity));
    x += sizeof<V>();
  }
  return largest<T, V>(most);
}

/** out[i] = exp(x[i] - most), if `out` is not 0; returns their sum. */
function exponentials<T extends number, V, S>(length: i32, x: usize, most: T, out: usize): f64 {
  const shift = splat<T, V>(most);
  const zero = splat<T, V>(<T>0);
  let sum = noSum<S>();
  let other = noSum<S>();
  for (; length > 0; length -= lanes<T, V>()) {
    const e = exponential<T, V>(minus<T, V>(loadNext<T, V>(x, length, <T>-Infinity), shift), zero);
    if (out !== 0) {
      storeNext<T, V>(out, length, e);
      out += sizeof<V>();
    }
    const next = addTo<T, V, S>(sum, e);
    sum = turn<S>(next, other);
    other = next;
    x += sizeof<V>();
  }
  return total<S>(sum, other);
}

/** Σ t[i]. */
function sumOf<T extends number, V, S>(length: i32, t: usize): f64 {
  let sum = noSum<S>();
  let other = noSum<S>();
  for (; length > 0; length -= lanes<T, V>()) {
    const next = addTo<T, V, S>(sum, loadNext<T, V>(t, length, <T>0));
    sum = turn<S>(next, other);
    other = next;
    t += sizeof<V>();
  }
  return total<S>(sum, other);
}

/** Σ t[i]·(z[i] - most), over the t that are not 0. */
function targetScore<T extends number, V, S>(length: i32, z: usize, t: usize, most: T): f64 {
  const shift = splat<T, V>(most);
  let sum = noSum<S>();
  let other = noSum<S>();
  for (; length > 0; length -= lanes<T, V>()) {
    const target = loadNext<T, V>(t, length, <T>0);
    const score = minus<T, V>(loadNext<T, V>(z, length, <T>0), shift);
    const next = addProductsTo<T, V, S>(sum, target, zeroIfZero<T, V>(target, score));
    sum = turn<S>(next, other);
    other = next;
    z += sizeof<V>();
    t += sizeof<V>();
  }
  return total<S>(sum, other);
}
