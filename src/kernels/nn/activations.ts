/**
 * The activations, declared once: their names, in the order of the numbers that the kernels know them by, and what else
 * is to be known of each. `assembly/nn/activation.ts` computes them.
 */

interface ActivationInfo {
  /** Whether the gradient is computed from the input z of the activation, or from its output y. */
  readonly gradientFrom: "input" | "output";
  /**
   * Whether it has a parameter, written as `{ name: parameter }`; a positive number. With a default it may also be written
   * as the name alone.
   */
  readonly parameter: null | { readonly name: string; readonly default: number | null };
  /** The operator of ONNX; null where there is none, in the operator set that networks are written for. */
  readonly onnx: string | null;
}

/**
 * - `relu`: max(0, z); NaN stays NaN.
 * - `leakyRelu`: z < 0 ? slope·z : z, for a slope > 0.
 * - `sigmoid`: 1 / (1 + exp(-z)).
 * - `tanh`.
 * - `gelu`: z·Φ(z) = ½·z·(1 + erf(z / √2)), Hendrycks and Gimpel's exact form, PyTorch's default; not its tanh approximation.
 * - `elu`: z < 0 ? alpha·(exp(z) - 1) : z, for an alpha > 0. Clevert, Unterthiner and Hochreiter, ICLR 2016.
 * - `silu`: z·sigmoid(z), also called swish. Elfwing, Uchibe and Doya, Neural Networks 107 (2018).
 */
export const ACTIVATIONS = {
  relu: { gradientFrom: "output", parameter: null, onnx: "Relu" },
  leakyRelu: { gradientFrom: "output", parameter: { name: "slope", default: null }, onnx: "LeakyRelu" },
  sigmoid: { gradientFrom: "output", parameter: null, onnx: "Sigmoid" },
  tanh: { gradientFrom: "output", parameter: null, onnx: "Tanh" },
  gelu: { gradientFrom: "input", parameter: null, onnx: "Gelu" },
  elu: { gradientFrom: "output", parameter: { name: "alpha", default: 1 }, onnx: "Elu" },
  silu: { gradientFrom: "input", parameter: null, onnx: null },
} as const satisfies Record<string, ActivationInfo>;

export type ActivationName = keyof typeof ACTIVATIONS;

/** Those that take a parameter, and those that need none. */
export type ParametricActivation = {
  [Name in ActivationName]: (typeof ACTIVATIONS)[Name]["parameter"] extends null ? never : Name;
}[ActivationName];
export type PlainActivation = {
  [Name in ActivationName]: (typeof ACTIVATIONS)[Name]["parameter"] extends { readonly default: null } ? never : Name;
}[ActivationName];

/** Their names, by the number that the kernels know each by. */
export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as readonly ActivationName[];
