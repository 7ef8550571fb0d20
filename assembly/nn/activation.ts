/**
 * The activations and their gradients, element by element. The kinds are types (`../lanes/count`), so that each compiles to a
 * loop of its own; their numbers are indices into ACTIVATIONS of `src/kernels/nn/abi.ts`.
 */

import {
  atMost,
  ifNegative,
  loadNext,
  magnitude,
  minus,
  over,
  plus,
  storeNext,
  times,
  withSignOf,
} from "../lanes/arithmetic";
import { Count0, Count1, Count2, Count3, Count4, count } from "../lanes/count";
import { atLeast, lanes, madd, reluMask, splat } from "../lanes/vector";
import { exponential, exponentialMinus1, pick } from "./exp";
import { gaussian, tailRatio } from "./normal";

type Relu = Count0;
type LeakyRelu = Count1;
type Sigmoid = Count2;
type Tanh = Count3;
type Gelu = Count4;

/** y[i] = act(z[i]); y may be z. `slope` is that of "leakyRelu" alone. */
export function activate<T extends number, V>(kind: i32, length: i32, z: usize, y: usize, slope: f64): void {
  assert(kind >= 0 && kind <= 4 && length >= 0);
  assert(kind !== 1 || slope > 0);
  if (kind === count<Relu>()) activateAll<T, V, Relu>(length, z, y, slope);
  else if (kind === count<LeakyRelu>()) activateAll<T, V, LeakyRelu>(length, z, y, slope);
  else if (kind === count<Sigmoid>()) activateAll<T, V, Sigmoid>(length, z, y, slope);
  else if (kind === count<Tanh>()) activateAll<T, V, Tanh>(length, z, y, slope);
  else activateAll<T, V, Gelu>(length, z, y, slope);
}

/** out[i] = dy[i]·act'(z[i]), computed from `from`: y, or z for "gelu". `out` may be `dy` or `from`. */
// biome-ignore format: operand by operand
export function activationGradient<T extends number, V>(
  kind: i32, length: i32, from: usize, dy: usize, out: usize,
  slope: f64,
): void {
  assert(kind >= 0 && kind <= 4 && length >= 0);
  assert(kind !== 1 || slope > 0);
  if (kind === count<Relu>()) gradientOfAll<T, V, Relu>(length, from, dy, out, slope);
  else if (kind === count<LeakyRelu>()) gradientOfAll<T, V, LeakyRelu>(length, from, dy, out, slope);
  else if (kind === count<Sigmoid>()) gradientOfAll<T, V, Sigmoid>(length, from, dy, out, slope);
  else if (kind === count<Tanh>()) gradientOfAll<T, V, Tanh>(length, from, dy, out, slope);
  else gradientOfAll<T, V, Gelu>(length, from, dy, out, slope);
}

function activateAll<T extends number, V, Kind>(length: i32, z: usize, y: usize, slope: f64): void {
  const slopes = splat<T, V>(<T>slope);
  for (; length > 0; length -= lanes<T, V>()) {
    storeNext<T, V>(y, length, activated<T, V, Kind>(loadNext<T, V>(z, length, <T>0), slopes));
    z += sizeof<V>();
    y += sizeof<V>();
  }
}

function gradientOfAll<T extends number, V, Kind>(length: i32, from: usize, dy: usize, out: usize, slope: f64): void {
  const slopes = splat<T, V>(<T>slope);
  for (; length > 0; length -= lanes<T, V>()) {
    const gradient = loadNext<T, V>(dy, length, <T>0);
    storeNext<T, V>(out, length, chained<T, V, Kind>(loadNext<T, V>(from, length, <T>0), gradient, slopes));
    from += sizeof<V>();
    dy += sizeof<V>();
    out += sizeof<V>();
  }
}

/** act(z). */
function activated<T extends number, V, Kind>(z: V, slope: V): V {
  const zero = splat<T, V>(<T>0);
  if (count<Kind>() === count<Relu>()) return atLeast<T, V>(z, zero);
  if (count<Kind>() === count<LeakyRelu>()) return ifNegative<T, V>(z, times<T, V>(slope, z), z);
  if (count<Kind>() === count<Sigmoid>()) return sigmoid<T, V>(z);
  if (count<Kind>() === count<Tanh>()) {
    // With t = exp(-2|z|) - 1: tanh |z| = -t / (2 + t).
    const t = exponentialMinus1<T, V>(times<T, V>(splat<T, V>(<T>-2), magnitude<T, V>(z)));
    const size = over<T, V>(minus<T, V>(zero, t), plus<T, V>(splat<T, V>(<T>2), t));
    return withSignOf<T, V>(magnitude<T, V>(size), z);
  }
  // z·Φ(z) = max(0, z) - |z|·Φ(-|z|)
  const a = boundedMagnitude<T, V>(z);
  // In this order only the last product may underflow.
  const ratio = times<T, V>(a, tailRatio<T, V>(a));
  return minus<T, V>(atLeast<T, V>(z, zero), times<T, V>(gaussian<T, V>(a), ratio));
}

/** dy·act'. */
function chained<T extends number, V, Kind>(from: V, dy: V, slope: V): V {
  if (count<Kind>() === count<Relu>()) return reluMask<T, V>(from, dy);
  if (count<Kind>() === count<LeakyRelu>()) return ifNegative<T, V>(from, times<T, V>(slope, dy), dy);
  const one = splat<T, V>(<T>1);
  if (count<Kind>() === count<Sigmoid>()) {
    return times<T, V>(dy, times<T, V>(from, minus<T, V>(one, from)));
  }
  if (count<Kind>() === count<Tanh>()) {
    return times<T, V>(dy, times<T, V>(minus<T, V>(one, from), plus<T, V>(one, from)));
  }
  // Φ(z) + z·φ(z) is d for a negative z, 1 - d for the others, with d = Φ(-|z|) - |z|·φ(z).
  const a = boundedMagnitude<T, V>(from);
  const inverseRoot = splat<T, V>(<T>-0.3989422804014327); // -1/√(2π)
  const d = times<T, V>(gaussian<T, V>(a), madd<T, V>(a, inverseRoot, tailRatio<T, V>(a)));
  return times<T, V>(dy, ifNegative<T, V>(from, d, minus<T, V>(one, d)));
}

/** 1 / (1 + exp(-z)): with e = exp(-|z|), 1 / (1 + e) for a positive z and e / (1 + e) for a negative one. */
export function sigmoid<T extends number, V>(z: V): V {
  const zero = splat<T, V>(<T>0);
  const one = splat<T, V>(<T>1);
  const e = exponential<T, V>(minus<T, V>(zero, magnitude<T, V>(z)), zero);
  return over<T, V>(ifNegative<T, V>(z, e, one), plus<T, V>(one, e));
}

/** |z|, but no more than where Φ(-|z|) is 0: so an infinite z gives 0·|z| = 0. */
function boundedMagnitude<T extends number, V>(z: V): V {
  return atMost<T, V>(magnitude<T, V>(z), splat<T, V>(pick<T>(15, 39)));
}
