/** Softmax over rows, by itself and under the cross entropy. Matrices are rows x columns, row-major and contiguous. */
import { lanes, splat } from "../vector";
import { exponential, logarithm } from "./exp";
import { addProductsTo, addTo, noSum, total, turn } from "./sum";
import { larger, loadNext, minus, storeNext, times, zeroIfZero } from "./vector";

/** p[r][j] = exp(z[r][j]) / Σ_k exp(z[r][k]); p may be z. */
export function softmax<T extends number>(rows: i32, columns: i32, z: usize, p: usize): void {
  assert(rows >= 0 && columns >= 0);
  const step = <usize>columns * sizeof<T>();
  for (; rows > 0; rows--) {
    const most = maximum<T>(columns, z);
    const sum = exponentials<T>(columns, z, most, p);
    scale<T>(columns, 1 / sum, p);
    z += step;
    p += step;
  }
}

/**
 * L = factor·Σ_r (log Σ_k exp(z[r][k]) - z[r][label[r]]), which is returned;
 * dz[r][j] = dL/dz[r][j] = factor·(softmax(z[r])[j] - (j is label[r] ? 1 : 0)).
 *
 * @param labels int32, each in 0 … columns-1
 * @param dz z itself, or 0: then only the loss is computed
 */
export function softmaxCrossEntropy<T extends number>(
  rows: i32,
  columns: i32,
  z: usize,
  labels: usize,
  factor: f64,
  dz: usize,
): f64 {
  assert(rows >= 0 && columns >= 0);
  const step = <usize>columns * sizeof<T>();
  let loss: f64 = 0;
  for (; rows > 0; rows--) {
    const label = load<i32>(labels);
    assert(<u32>label < <u32>columns);
    const at = <usize>label * sizeof<T>();
    const most = maximum<T>(columns, z);
    const right = <f64>load<T>(z + at) - <f64>most;
    const sum = exponentials<T>(columns, z, most, dz);
    loss += logarithm(sum) - right;
    if (dz !== 0) {
      scale<T>(columns, factor / sum, dz);
      store<T>(dz + at, sub<T>(load<T>(dz + at), <T>factor));
      dz += step;
    }
    z += step;
    labels += 4;
  }
  return factor * loss;
}

/**
 * L = factor·Σ_r Σ_j t[r][j]·(log Σ_k exp(z[r][k]) - z[r][j]), which is returned; a t of 0 adds 0 whatever z is;
 * dz[r][j] = dL/dz[r][j] = factor·(softmax(z[r])[j]·Σ_k t[r][k] - t[r][j]).
 *
 * @param dz z itself, or 0: then only the loss is computed
 */
export function softmaxCrossEntropyTargets<T extends number>(
  rows: i32,
  columns: i32,
  z: usize,
  t: usize,
  factor: f64,
  dz: usize,
): f64 {
  assert(rows >= 0 && columns >= 0);
  const step = <usize>columns * sizeof<T>();
  let loss: f64 = 0;
  for (; rows > 0; rows--) {
    const most = maximum<T>(columns, z);
    const targets = ASC_FEATURE_SIMD ? sumOf<T, v128, v128>(columns, t) : sumOf<T, T, f64>(columns, t);
    const right = ASC_FEATURE_SIMD
      ? targetScore<T, v128, v128>(columns, z, t, most)
      : targetScore<T, T, f64>(columns, z, t, most);
    const sum = exponentials<T>(columns, z, most, dz);
    loss += targets * logarithm(sum) - right;
    if (dz !== 0) {
      if (ASC_FEATURE_SIMD) scaleMinus<T, v128>(columns, (targets * factor) / sum, dz, factor, t);
      else scaleMinus<T, T>(columns, (targets * factor) / sum, dz, factor, t);
      dz += step;
    }
    z += step;
    t += step;
  }
  return factor * loss;
}

/** x[i] *= factor. */
export function scale<T extends number>(length: i32, factor: f64, x: usize): void {
  if (ASC_FEATURE_SIMD) scaleBy<T, v128>(length, factor, x);
  else scaleBy<T, T>(length, factor, x);
}

function scaleBy<T extends number, V>(length: i32, factor: f64, x: usize): void {
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

function maximum<T extends number>(length: i32, x: usize): T {
  return ASC_FEATURE_SIMD ? maximumBy<T, v128>(length, x) : maximumBy<T, T>(length, x);
}

/** The largest element; NaN if one is. */
function maximumBy<T extends number, V>(length: i32, x: usize): T {
  let most = splat<T, V>(<T>-Infinity);
  for (; length > 0; length -= lanes<T, V>()) {
    most = larger<T, V>(most, loadNext<T, V>(x, length, <T>-Infinity));
    x += sizeof<V>();
  }
  if (!isVector<V>()) return changetype<T>(most);
  const v = changetype<v128>(most);
  const two = max<T>(v128.extract_lane<T>(v, 0), v128.extract_lane<T>(v, 1));
  if (sizeof<T>() === 8) return two;
  return max<T>(two, max<T>(v128.extract_lane<T>(v, 2), v128.extract_lane<T>(v, 3)));
}

function exponentials<T extends number>(length: i32, x: usize, most: T, out: usize): f64 {
  return ASC_FEATURE_SIMD
    ? exponentialsBy<T, v128, v128>(length, x, most, out)
    : exponentialsBy<T, T, f64>(length, x, most, out);
}

/** out[i] = exp(x[i] - most), if `out` is not 0; returns their sum. */
function exponentialsBy<T extends number, V, S>(length: i32, x: usize, most: T, out: usize): f64 {
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
