/** Gradients against central differences. */
import { Affine } from "affine-wasm";
import * as fc from "fast-check";
import { seeds } from "./raw.js";
import { bitsFrom } from "./values.js";

export interface GradientCase {
  readonly batch: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly relu: boolean;
  readonly seed: number;
}

const size = fc.integer({ min: 1, max: 5 });
export const gradientCases: fc.Arbitrary<GradientCase> = fc.record({
  batch: size,
  inFeatures: size,
  outFeatures: size,
  relu: fc.boolean(),
  seed: seeds,
});

const EPS = 1e-6;
/** Closer to the bend of the rectifier than this, a difference straddles it. */
const BEND = 1e-4;

/** Holds dX, dW and db of the loss Σ dY·Y to (loss(p + ε) - loss(p - ε)) / 2ε. Returns how many were compared. */
export function checkGradients({ batch, inFeatures, outFeatures, relu, seed }: GradientCase): number {
  using layer = new Affine(inFeatures, outFeatures, { dtype: "float64", activation: relu ? "relu" : "none" });
  const bits = bitsFrom(seed);
  const unit = () => bits() / 2 ** 31 - 1;
  const random = (length: number) => Float64Array.from({ length }, unit);
  const [x, dy] = [random(batch * inFeatures), random(batch * outFeatures)];
  const bias = layer.bias as Float64Array;
  using linear = new Affine(inFeatures, outFeatures, { dtype: "float64" });
  do {
    layer.weight.set(random(layer.weight.length));
    bias.set(random(outFeatures));
    linear.weight.set(layer.weight);
    linear.bias?.set(bias);
  } while (relu && linear.forward(x).some((value) => Math.abs(value) < BEND));
  const loss = () => layer.forward(x).reduce((sum, y, i) => sum + y * (dy[i] as number), 0);
  loss();
  const dx = layer.backward(dy);
  const pairs = [
    ["dx", x, dx],
    ["dWeight", layer.weight, layer.dWeight.slice()],
    ["dBias", bias, layer.dBias?.slice() as Float64Array],
  ] as const;
  let compared = 0;
  for (const [name, parameter, gradient] of pairs) {
    for (let i = 0; i < parameter.length; i++) {
      const value = parameter[i] as number;
      parameter[i] = value + EPS;
      const up = loss();
      parameter[i] = value - EPS;
      const numeric = (up - loss()) / (2 * EPS);
      parameter[i] = value;
      const difference = Math.abs((gradient[i] as number) - numeric);
      if (!(difference <= 1e-5 + 1e-3 * Math.abs(numeric))) {
        throw new Error(`${name}[${i}] is ${gradient[i]}, a central difference is ${numeric}`);
      }
      compared++;
    }
  }
  return compared;
}
