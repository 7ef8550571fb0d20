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
import { Count0, Count1, Count2, Count3, Count4, Count5, Count6, count } from "../lanes/count";
import { atLeast, lanes, madd, reluMask, splat } from "../lanes/vector";
import { exponential, exponentialMinus1, pick } from "./exp";
import { gaussian, tailRatio } from "./normal";

type Relu = Count0;
type LeakyRelu = Count1;
type Sigmoid = Count2;
type Tanh = Count3;
type Gelu = Count4;
type Elu = Count5;
type Silu = Count6;

/** y[i] = act(z[i]); y may be z. `parameter` is the slope of "leakyRelu" or the alpha of "elu". */
export function activate<T extends number, V>(kind: i32, length: i32, z: usize, y: usize, parameter: f64): void {
  assert(kind >= 0 && kind <= 6 && length >= 0);
  assert((kind !== 1 && kind !== 5) || parameter > 0);
  if (kind === count<Relu>()) activateAll<T, V, Relu>(length, z, y, parameter);
  else if (kind === count<LeakyRelu>()) activateAll<T, V, LeakyRelu>(length, z, y, parameter);
  else if (kind === count<Sigmoid>()) activateAll<T, V, Sigmoid>(length, z, y, parameter);
  else if (kind === count<Tanh>()) activateAll<T, V, Tanh>(length, z, y, parameter);
  else if (kind === count<Gelu>()) activateAll<T, V, Gelu>(length, z, y, parameter);
  else if (kind === count<Elu>()) activateAll<T, V, Elu>(length, z, y, parameter);
  else activateAll<T, V, Silu>(length, z, y, parameter);
}

/** out[i] = dy[i]·act'(z[i]), computed from `from`: y, or z for "gelu" and "silu". `out` may be `dy` or `from`. */
// biome-ignore format: operand by operand
export function activationGradient<T extends number, V>(
  kind: i32, length: i32, from: usize, dy: usize, out: usize,
  parameter: f64,
): void {
  assert(kind >= 0 && kind <= 6 && length >= 0);
  assert((kind !== 1 && kind !== 5) || parameter > 0);
  if (kind === count<Relu>()) gradientOfAll<T, V, Relu>(length, from, dy, out, parameter);
  else if (kind === count<LeakyRelu>()) gradientOfAll<T, V, LeakyRelu>(length, from, dy, out, parameter);
  else if (kind === count<Sigmoid>()) gradientOfAll<T, V, Sigmoid>(length, from, dy, out, parameter);
  else if (kind === count<Tanh>()) gradientOfAll<T, V, Tanh>(length, from, dy, out, parameter);
  else if (kind === count<Gelu>()) gradientOfAll<T, V, Gelu>(length, from, dy, out, parameter);
  else if (kind === count<Elu>()) gradientOfAll<T, V, Elu>(length, from, dy, out, parameter);
  else gradientOfAll<T, V, Silu>(length, from, dy, out, parameter);
}

function activateAll<T extends number, V, Kind>(length: i32, z: usize, y: usize, parameter: f64): void {
  const parameters = splat<T, V>(<T>parameter);
  for (; length > 0; length -= lanes<T, V>()) {
    storeNext<T, V>(y, length, activated<T, V, Kind>(loadNext<T, V>(z, length, <T>0), parameters));
    z += sizeof<V>();
    y += sizeof<V>();
  }
}

function gradientOfAll<T extends number, V, Kind>(
  length: i32,
  from: usize,
  dy: usize,
  out: usize,
  parameter: f64,
): void {
  const parameters = splat<T, V>(<T>parameter);
  for (; length > 0; length -= lanes<T, V>()) {
    const gradient = loadNext<T, V>(dy, length, <T>0);
    storeNext<T, V>(out, length, chained<T, V, Kind>(loadNext<T, V>(from, length, <T>0), gradient, parameters));
    from += sizeof<V>();
    dy += sizeof<V>();
    out += sizeof<V>();
  }
}

/** act(z). */
function activated<T extends number, V, Kind>(z: V, parameter: V): V {
  const zero = splat<T, V>(<T>0);
  if (count<Kind>() === count<Relu>()) return atLeast<T, V>(z, zero);
  if (count<Kind>() === count<LeakyRelu>()) return ifNegative<T, V>(z, times<T, V>(parameter, z), z);
  if (count<Kind>() === count<Sigmoid>()) return sigmoid<T, V>(z);
  if (count<Kind>() === count<Tanh>()) {
    // With t = exp(-2|z|) - 1: tanh |z| = -t / (2 + t).
    const t = exponentialMinus1<T, V>(times<T, V>(splat<T, V>(<T>-2), magnitude<T, V>(z)));
    const size = over<T, V>(minus<T, V>(zero, t), plus<T, V>(splat<T, V>(<T>2), t));
    return withSignOf<T, V>(magnitude<T, V>(size), z);
  }
  if (count<Kind>() === count<Elu>()) {
    return ifNegative<T, V>(z, times<T, V>(parameter, exponentialMinus1<T, V>(atMost<T, V>(z, zero))), z);
  }
  if (count<Kind>() === count<Silu>()) {
    // z·sigmoid(z), with h = exp(-|z|/2): z / (1 + h²), for a negative z times h twice, so that only the last product may
    // underflow. Below the bound that is 0, for -Infinity too.
    const bounded = atLeast<T, V>(z, splat<T, V>(pick<T>(-220, -1600)));
    const h = rootOfExponential<T, V>(bounded);
    const factor = ifNegative<T, V>(z, h, splat<T, V>(<T>1));
    const scaled = over<T, V>(times<T, V>(bounded, factor), madd<T, V>(h, h, splat<T, V>(<T>1)));
    return times<T, V>(scaled, factor);
  }
  // z·Φ(z) = max(0, z) - |z|·Φ(-|z|)
  const a = boundedMagnitude<T, V>(z);
  // In this order only the last product may underflow.
  const ratio = times<T, V>(a, tailRatio<T, V>(a));
  return minus<T, V>(atLeast<T, V>(z, zero), times<T, V>(gaussian<T, V>(a), ratio));
}

/** dy·act'. */
function chained<T extends number, V, Kind>(from: V, dy: V, parameter: V): V {
  if (count<Kind>() === count<Relu>()) return reluMask<T, V>(from, dy);
  if (count<Kind>() === count<LeakyRelu>()) return ifNegative<T, V>(from, times<T, V>(parameter, dy), dy);
  const one = splat<T, V>(<T>1);
  if (count<Kind>() === count<Sigmoid>()) {
    return times<T, V>(dy, times<T, V>(from, minus<T, V>(one, from)));
  }
  if (count<Kind>() === count<Tanh>()) {
    return times<T, V>(dy, times<T, V>(minus<T, V>(one, from), plus<T, V>(one, from)));
  }
  // y = parameter·(exp(z) - 1).
  if (count<Kind>() === count<Elu>()) return ifNegative<T, V>(from, times<T, V>(dy, plus<T, V>(from, parameter)), dy);
  if (count<Kind>() === count<Silu>()) {
    // s·(1 + z·(1 - s)) with s = sigmoid(z), 1 - s = sigmoid(-z), and h as above.
    const bound = splat<T, V>(pick<T>(220, 1600));
    const bounded = atLeast<T, V>(atMost<T, V>(from, bound), minus<T, V>(splat<T, V>(<T>0), bound));
    const h = rootOfExponential<T, V>(bounded);
    const divisor = madd<T, V>(h, h, one);
    const factor = ifNegative<T, V>(from, h, one);
    const rest = over<T, V>(ifNegative<T, V>(from, one, times<T, V>(h, h)), divisor);
    const slope = times<T, V>(over<T, V>(factor, divisor), madd<T, V>(bounded, rest, one));
    return times<T, V>(dy, times<T, V>(slope, factor));
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

/** exp(-|z|/2). */
function rootOfExponential<T extends number, V>(z: V): V {
  return exponential<T, V>(times<T, V>(magnitude<T, V>(z), splat<T, V>(<T>-0.5)), splat<T, V>(<T>0));
}

/** |z|, but no more than where Φ(-|z|) is 0: so an infinite z gives 0·|z| = 0. */
function boundedMagnitude<T extends number, V>(z: V): V {
  return atMost<T, V>(magnitude<T, V>(z), splat<T, V>(pick<T>(15, 39)));
}
