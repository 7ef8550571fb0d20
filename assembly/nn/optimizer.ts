/** The steps of the optimisers over flat arrays of parameters w and gradients g, which they leave as they are. */

import { loadNext, minus, over, plus, squareRoot, storeNext, times } from "../lanes/arithmetic";
import { lanes, madd, splat } from "../lanes/vector";

/**
 * Stochastic gradient descent, as PyTorch has it:
 *
 *     g' = g + decay·w;   v = momentum·v + g';   w -= rate·(nesterov ? g' + momentum·v : v)
 *
 * @param v the velocity, zeros before the first step; or 0: no momentum, w -= rate·g'
 */
// biome-ignore format: operand by operand
export function sgd<T extends number, V>(
  length: i32, w: usize, g: usize, v: usize,
  rate: f64, momentum: f64, decay: f64, nesterov: bool,
): void {
  assert(length >= 0);
  const rates = splat<T, V>(<T>-rate);
  const momenta = splat<T, V>(<T>momentum);
  const decays = splat<T, V>(<T>decay);
  for (; length > 0; length -= lanes<T, V>()) {
    const weight = loadNext<T, V>(w, length, <T>0);
    const gradient = madd<T, V>(decays, weight, loadNext<T, V>(g, length, <T>0));
    let step = gradient;
    if (v !== 0) {
      const velocity = madd<T, V>(momenta, loadNext<T, V>(v, length, <T>0), gradient);
      storeNext<T, V>(v, length, velocity);
      step = nesterov ? madd<T, V>(momenta, velocity, gradient) : velocity;
      v += sizeof<V>();
    }
    storeNext<T, V>(w, length, madd<T, V>(rates, step, weight));
    w += sizeof<V>();
    g += sizeof<V>();
  }
}

/**
 * Adam (Kingma and Ba, 2015), or AdamW (Loshchilov and Hutter, 2019) if the decay is decoupled, as PyTorch has them:
 *
 *     g' = decoupled ? g : g + decay·w;   if decoupled: w *= 1 - rate·decay
 *     m += (1 - beta1)·(g' - m);   v = beta2·v + (1 - beta2)·g'²
 *     w -= rate/correction1 · m / (√(v/correction2) + epsilon)
 *
 * @param m, v the moments, zeros before the first step
 * @param correction1, correction2 1 - beta1^t and 1 - beta2^t at step t = 1, 2, …
 */
// biome-ignore format: operand by operand
export function adam<T extends number, V>(
  length: i32, w: usize, g: usize, m: usize, v: usize,
  rate: f64, beta1: f64, beta2: f64, epsilon: f64, decay: f64, decoupled: bool,
  correction1: f64, correction2: f64,
): void {
  assert(length >= 0);
  const decays = splat<T, V>(<T>(decoupled ? 0 : decay));
  const shrinks = splat<T, V>(<T>(decoupled ? 1 - rate * decay : 1));
  const fresh1s = splat<T, V>(<T>(1 - beta1));
  const beta2s = splat<T, V>(<T>beta2);
  const fresh2s = splat<T, V>(<T>(1 - beta2));
  const roots = splat<T, V>(<T>(1 / sqrt<f64>(correction2)));
  const epsilons = splat<T, V>(<T>epsilon);
  const steps = splat<T, V>(<T>(-rate / correction1));
  for (; length > 0; length -= lanes<T, V>()) {
    const weight = loadNext<T, V>(w, length, <T>0);
    const gradient = madd<T, V>(decays, weight, loadNext<T, V>(g, length, <T>0));
    const first = loadNext<T, V>(m, length, <T>0);
    const mean = madd<T, V>(fresh1s, minus<T, V>(gradient, first), first);
    const square = times<T, V>(fresh2s, times<T, V>(gradient, gradient));
    const variance = madd<T, V>(beta2s, loadNext<T, V>(v, length, <T>0), square);
    storeNext<T, V>(m, length, mean);
    storeNext<T, V>(v, length, variance);
    const divisor = plus<T, V>(times<T, V>(squareRoot<T, V>(variance), roots), epsilons);
    const kept = times<T, V>(shrinks, weight);
    storeNext<T, V>(w, length, plus<T, V>(kept, over<T, V>(times<T, V>(steps, mean), divisor)));
    w += sizeof<V>();
    g += sizeof<V>();
    m += sizeof<V>();
    v += sizeof<V>();
  }
}
