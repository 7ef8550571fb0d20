/**
 * Layer normalisation over the rows of a matrix, and its gradients. Ba, Kiros and Hinton, "Layer normalization", 2016, as
 * PyTorch has it:
 *
 *     x̂[r][j] = (x[r][j] - mean(x[r])) / √(variance(x[r]) + epsilon),   y[r][j] = weight[j]·x̂[r][j] + bias[j]
 *
 * Means are added up in f64. A mean is kept in two parts, its rounded value and the rest, so that rows far from 0 lose
 * nothing by the subtraction.
 */

import { firstOf, loadNext, minus, plus, storeNext, times } from "../lanes/arithmetic";
import { addProductsTo, addTo, noSum, total, turn } from "../lanes/sum";
import { lanes, madd, splat } from "../lanes/vector";

/**
 * y = weight·x̂ + bias.
 *
 * @param stats where to keep the mean of each row and the inverse of its deviation, two f64 a row; or 0
 */
// biome-ignore format: operand by operand
export function layerNorm<T extends number, V, S>(
  rows: i32, columns: i32, x: usize, weight: usize, bias: usize,
  epsilon: f64, y: usize, stats: usize,
): void {
  assert(rows >= 0 && columns > 0 && epsilon > 0);
  const step = <usize>columns * sizeof<T>();
  for (; rows > 0; rows--) {
    const mean = sumOf<T, V, S>(columns, x) / <f64>columns;
    const variance = squaredDeviations<T, V, S>(columns, x, mean) / <f64>columns;
    const inverse = 1 / sqrt<f64>(variance + epsilon);
    normalize<T, V>(columns, x, mean, inverse, weight, bias, y);
    if (stats !== 0) {
      store<f64>(stats, mean);
      store<f64>(stats, inverse, 8);
      stats += 16;
    }
    x += step;
    y += step;
  }
}

/**
 * dWeight[j] = Σ_r dy[r][j]·x̂[r][j] and dBias[j] = Σ_r dy[r][j], or these sums added to what is there; with g = weight·dy,
 * dx[r][j] = (g[r][j] - mean(g[r]) - x̂[r][j]·mean(g[r]·x̂[r])) / √(variance(x[r]) + epsilon).
 *
 * @param stats what `layerNorm` kept
 * @param dx may be dy; or 0: not wanted
 * @param dWeight or 0: neither this nor dBias is wanted
 */
// biome-ignore format: operand by operand
export function layerNormGradient<T extends number, V, S>(
  rows: i32, columns: i32, x: usize, weight: usize, dy: usize, stats: usize,
  dx: usize, dWeight: usize, dBias: usize, accumulate: bool,
): void {
  assert(rows >= 0 && columns > 0);
  const step = <usize>columns * sizeof<T>();
  if (dWeight !== 0 && !accumulate) {
    memory.fill(dWeight, 0, step);
    memory.fill(dBias, 0, step);
  }
  for (; rows > 0; rows--) {
    const mean = load<f64>(stats);
    const inverse = load<f64>(stats, 8);
    if (dWeight !== 0) addParameterGradients<T, V>(columns, x, mean, inverse, dy, dWeight, dBias);
    if (dx !== 0) {
      inputGradient<T, V, S>(columns, x, mean, inverse, weight, dy, dx);
      dx += step;
    }
    x += step;
    dy += step;
    stats += 16;
  }
}

/** What is taken from an element to leave its distance from the mean: see `deviation`. */
function rounded<T extends number, V>(mean: f64): V {
  return splat<T, V>(<T>mean);
}

function rest<T extends number, V>(mean: f64): V {
  return splat<T, V>(<T>(mean - <f64>(<T>mean)));
}

function sumOf<T extends number, V, S>(length: i32, x: usize): f64 {
  let sum = noSum<S>();
  let other = noSum<S>();
  for (; length > 0; length -= lanes<T, V>()) {
    const next = addTo<T, V, S>(sum, loadNext<T, V>(x, length, <T>0));
    sum = turn<S>(next, other);
    other = next;
    x += sizeof<V>();
  }
  return total<S>(sum, other);
}

/** Σ (x[i] - mean)². */
function squaredDeviations<T extends number, V, S>(length: i32, x: usize, mean: f64): f64 {
  const high = rounded<T, V>(mean);
  const low = rest<T, V>(mean);
  let sum = noSum<S>();
  let other = noSum<S>();
  for (; length >= lanes<T, V>(); length -= lanes<T, V>()) {
    const d = minus<T, V>(minus<T, V>(load<V>(x), high), low);
    const next = addProductsTo<T, V, S>(sum, d, d);
    sum = turn<S>(next, other);
    other = next;
    x += sizeof<V>();
  }
  if (length > 0) {
    const kept = firstOf<T, V>(minus<T, V>(minus<T, V>(loadNext<T, V>(x, length, <T>0), high), low), length);
    const next = addProductsTo<T, V, S>(sum, kept, kept);
    sum = turn<S>(next, other);
    other = next;
  }
  return total<S>(sum, other);
}

// biome-ignore format: operand by operand
function normalize<T extends number, V>(
  length: i32, x: usize, mean: f64, inverse: f64, weight: usize, bias: usize, y: usize,
): void {
  const high = rounded<T, V>(mean);
  const low = rest<T, V>(mean);
  const inverses = splat<T, V>(<T>inverse);
  for (; length > 0; length -= lanes<T, V>()) {
    const d = minus<T, V>(minus<T, V>(loadNext<T, V>(x, length, <T>0), high), low);
    const scaled = times<T, V>(loadNext<T, V>(weight, length, <T>0), times<T, V>(d, inverses));
    storeNext<T, V>(y, length, plus<T, V>(scaled, loadNext<T, V>(bias, length, <T>0)));
    x += sizeof<V>();
    weight += sizeof<V>();
    bias += sizeof<V>();
    y += sizeof<V>();
  }
}

// biome-ignore format: operand by operand
function addParameterGradients<T extends number, V>(
  length: i32, x: usize, mean: f64, inverse: f64, dy: usize, dWeight: usize, dBias: usize,
): void {
  const high = rounded<T, V>(mean);
  const low = rest<T, V>(mean);
  const inverses = splat<T, V>(<T>inverse);
  for (; length > 0; length -= lanes<T, V>()) {
    const gradient = loadNext<T, V>(dy, length, <T>0);
    const normal = times<T, V>(minus<T, V>(minus<T, V>(loadNext<T, V>(x, length, <T>0), high), low), inverses);
    storeNext<T, V>(dWeight, length, madd<T, V>(gradient, normal, loadNext<T, V>(dWeight, length, <T>0)));
    storeNext<T, V>(dBias, length, plus<T, V>(gradient, loadNext<T, V>(dBias, length, <T>0)));
    x += sizeof<V>();
    dy += sizeof<V>();
    dWeight += sizeof<V>();
    dBias += sizeof<V>();
  }
}

// biome-ignore format: operand by operand
function inputGradient<T extends number, V, S>(
  length: i32, x: usize, mean: f64, inverse: f64, weight: usize, dy: usize, dx: usize,
): void {
  const high = rounded<T, V>(mean);
  const low = rest<T, V>(mean);
  const inverses = splat<T, V>(<T>inverse);
  const size = <f64>length;
  const end = length;
  let flat = noSum<S>();
  let otherFlat = noSum<S>();
  let steep = noSum<S>();
  let otherSteep = noSum<S>();
  for (let at: usize = 0; length > 0; length -= lanes<T, V>()) {
    const g = times<T, V>(loadNext<T, V>(weight + at, length, <T>0), loadNext<T, V>(dy + at, length, <T>0));
    const d = minus<T, V>(minus<T, V>(loadNext<T, V>(x + at, length, <T>0), high), low);
    const nextFlat = addTo<T, V, S>(flat, g);
    flat = turn<S>(nextFlat, otherFlat);
    otherFlat = nextFlat;
    const nextSteep = addProductsTo<T, V, S>(steep, g, times<T, V>(d, inverses));
    steep = turn<S>(nextSteep, otherSteep);
    otherSteep = nextSteep;
    at += sizeof<V>();
  }
  const flats = splat<T, V>(<T>(total<S>(flat, otherFlat) / size));
  const steeps = splat<T, V>(<T>(total<S>(steep, otherSteep) / size));
  length = end;
  for (let at: usize = 0; length > 0; length -= lanes<T, V>()) {
    const g = times<T, V>(loadNext<T, V>(weight + at, length, <T>0), loadNext<T, V>(dy + at, length, <T>0));
    const d = minus<T, V>(minus<T, V>(loadNext<T, V>(x + at, length, <T>0), high), low);
    const pull = times<T, V>(times<T, V>(d, inverses), steeps);
    storeNext<T, V>(dx + at, length, times<T, V>(inverses, minus<T, V>(minus<T, V>(g, flats), pull)));
    at += sizeof<V>();
  }
}
