/** Starting values of the parameters. */
import { dtypeOf, type FloatArray } from "../common/dtype.js";
import { normal } from "../common/random.js";
import type { Backend } from "../engine/backend.js";

export const INITIALIZERS = [
  "glorotUniform",
  "glorotNormal",
  "heUniform",
  "heNormal",
  "torchUniform",
  "zeros",
] as const;

/**
 * - `glorotUniform`: uniform in ±√(6 / (in + out)); `glorotNormal`: normal, of variance 2 / (in + out). Glorot and Bengio,
 *   AISTATS 2010.
 * - `heUniform`: uniform in ±√(6 / in); `heNormal`: normal, of variance 2 / in; for rectified layers. He et al., ICCV 2015.
 * - `torchUniform`: uniform in ±1 / √in, the bias too, as PyTorch's `nn.Linear` starts.
 * - `zeros`.
 *
 * The bias starts at zero in all but `torchUniform`.
 */
export type Initializer = (typeof INITIALIZERS)[number];

/**
 * Fills an in × out weight matrix, and a bias that holds zeros: views of the backend's memory. The same seed gives the same
 * values, in both element types up to rounding. A new layer is mostly made right after the engine has started, when
 * JavaScript runs slowly and WebAssembly does not: so a kernel computes the values of most initializers.
 */
export function initialize(
  { kernels }: Backend,
  { weight, bias }: { readonly weight: FloatArray; readonly bias: FloatArray | null },
  initializer: Initializer,
  inFeatures: number,
  outFeatures: number,
  seed: number,
): void {
  if (initializer === "zeros") {
    weight.fill(0);
    return;
  }
  const fan = initializer.startsWith("glorot") ? (inFeatures + outFeatures) / 2 : inFeatures;
  if (initializer.endsWith("Normal")) {
    const random = normal(seed);
    const deviation = Math.sqrt((initializer === "glorotNormal" ? 1 : 2) / fan);
    for (let i = 0; i < weight.length; i++) weight[i] = deviation * random();
    return;
  }
  const { uniform } = kernels[dtypeOf(weight)];
  const limit = Math.sqrt((initializer === "torchUniform" ? 1 : initializer === "heUniform" ? 6 : 3) / fan);
  const state = uniform(weight.length, seed, limit, weight.byteOffset);
  if (bias && initializer === "torchUniform" && inFeatures > 0) uniform(bias.length, state, limit, bias.byteOffset);
}
