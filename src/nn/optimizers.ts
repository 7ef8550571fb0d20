/** How parameters follow from their gradients. */
import { checkBoolean } from "../common/check.js";
import { checkRange } from "../common/checkOptions.js";
import { checkOptions } from "./checkOptions.js";
import { Optimizer } from "./optimizer.js";
import type { AdamOptions, SgdOptions } from "./optimizerOptions.js";

const COMMON = ["learningRate", "weightDecay", "clipNorm"];

/**
 * Gradient descent: `g += weightDecay·w`, `v = momentum·v + g`, `w -= η·v`; with `nesterov`, `w -= η·(g + momentum·v)`.
 * As PyTorch's `SGD`.
 *
 * @throws TypeError, RangeError for a bad option
 */
export function sgd(options: SgdOptions): Optimizer {
  checkOptions("sgd", options, [...COMMON, "momentum", "nesterov"], "{ learningRate: 0.1 }");
  const { momentum = 0, weightDecay = 0, nesterov = false } = options;
  checkRange("sgd", "momentum", momentum, 0, 1);
  checkRange("sgd", "weightDecay", weightDecay);
  checkBoolean("sgd", "nesterov", nesterov);
  if (nesterov && momentum === 0) throw new RangeError("sgd: nesterov needs a momentum");
  const slots = momentum > 0 ? ["momentum"] : [];
  return new Optimizer(
    "sgd",
    options,
    slots,
    { momentum, weightDecay },
    (kernels, length, w, g, velocity, _none, rate) => {
      kernels.sgd(length, w, g, velocity, rate, momentum, weightDecay, nesterov ? 1 : 0);
    },
  );
}

/**
 * Kingma and Ba, ICLR 2015, as PyTorch's `Adam`: `g += weightDecay·w`, m and v being running means of g and g²,
 * `w -= η·m̂ / (√v̂ + epsilon)` with m̂ = m / (1 - beta1ᵗ), v̂ = v / (1 - beta2ᵗ).
 *
 * @throws TypeError, RangeError for a bad option
 */
export function adam(options: AdamOptions): Optimizer {
  return adamWith("adam", options, 0, 0);
}

/**
 * Adam with decoupled weight decay, `w -= η·weightDecay·w` instead of a term in g: Loshchilov and Hutter, ICLR 2019, as
 * PyTorch's `AdamW`; `weightDecay` is 0.01 by default.
 *
 * @throws TypeError, RangeError for a bad option
 */
export function adamW(options: AdamOptions): Optimizer {
  return adamWith("adamW", options, 0.01, 1);
}

function adamWith(name: string, options: AdamOptions, decay: number, decoupled: number): Optimizer {
  checkOptions(name, options, [...COMMON, "beta1", "beta2", "epsilon"], "{ learningRate: 0.001 }");
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = decay } = options;
  checkRange(name, "beta1", beta1, 0, 1);
  checkRange(name, "beta2", beta2, 0, 1);
  checkRange(name, "epsilon", epsilon);
  if (epsilon === 0) throw new RangeError(`${name}: epsilon must be above 0, got 0`);
  checkRange(name, "weightDecay", weightDecay);
  const numbers = { beta1, beta2, epsilon, weightDecay };
  const slots = ["mean", "meanSquare"];
  return new Optimizer(name, options, slots, numbers, (kernels, length, w, g, mean, square, rate, step) => {
    const [first, second] = [1 - beta1 ** step, 1 - beta2 ** step];
    kernels.adam(length, w, g, mean, square, rate, beta1, beta2, epsilon, weightDecay, decoupled, first, second);
  });
}
