/** The layer's gradients against central differences. */
import { Affine } from "affine-wasm";

/**
 * The largest error of dX, dW and db of a small ReLU layer in float64 against `(L(p + ε) - L(p - ε)) / 2ε`, relative to
 * the largest gradient. The loss is L = ½ Σ y².
 */
export function largestGradientError(seed: number): number {
  using layer = new Affine(7, 5, { dtype: "float64", activation: "relu", seed });
  const x = Float64Array.from({ length: 4 * 7 }, (_, i) => Math.sin(i + seed));
  const loss = () => layer.forward(x).reduce((sum, y) => sum + (y * y) / 2, 0);
  const dx = layer.backward(layer.forward(x));
  const analytic = [dx, layer.dWeight.slice(), layer.dBias?.slice() ?? []];
  const scale = Math.max(...analytic.flatMap((gradient) => [...gradient].map(Math.abs)));
  let largest = 0;
  const eps = 1e-6;
  for (const [which, parameter] of [x, layer.weight, layer.bias ?? new Float64Array()].entries()) {
    for (const [i, value] of parameter.entries()) {
      parameter[i] = value + eps;
      const up = loss();
      parameter[i] = value - eps;
      const numeric = (up - loss()) / (2 * eps);
      parameter[i] = value;
      largest = Math.max(largest, Math.abs(numeric - (analytic[which]?.[i] ?? Number.NaN)));
    }
  }
  return largest / scale;
}
