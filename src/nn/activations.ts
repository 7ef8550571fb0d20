/** What follows the affine map of a layer. */
import { checkChoice, checkFields, checkRange } from "../common/check.js";
import { ACTIVATIONS, NEEDS_INPUT } from "../kernels/nn/abi.js";

const NAMES = ["none", "relu", "sigmoid", "tanh", "gelu"] as const;

/**
 * Element by element: nothing; max(0, x); x, below zero times a slope; 1 / (1 + e⁻ˣ); tanh x; or x·Φ(x), Φ being the
 * distribution function of the normal distribution (the exact GELU of Hendrycks and Gimpel, 2016).
 */
export type LayerActivation = (typeof NAMES)[number] | { readonly leakyRelu: number };

/** How the kernels number them. */
export const NO_ACTIVATION = -1;
export const RELU = ACTIVATIONS.indexOf("relu");

/** Whether the gradient is told from what went into the activation, instead of what came out. */
export function needsInput(activation: LayerActivation): boolean {
  return typeof activation === "string" && activation !== "none" && NEEDS_INPUT[activation];
}

export function activationKind(activation: LayerActivation): number {
  if (activation === "none") return NO_ACTIVATION;
  return ACTIVATIONS.indexOf(typeof activation === "object" ? "leakyRelu" : activation);
}

export function slopeOf(activation: LayerActivation): number {
  return typeof activation === "object" ? activation.leakyRelu : 0;
}

/** The name, for a table. */
export function activationName(activation: LayerActivation): string {
  return typeof activation === "object" ? `leakyRelu ${activation.leakyRelu}` : activation;
}

/** A copy that later writes of the caller's cannot change. */
export function readActivation(caller: string, activation: LayerActivation): LayerActivation {
  if (typeof activation !== "object" || activation === null) {
    checkChoice(caller, "activation", activation, NAMES);
    return activation;
  }
  checkFields(caller, "activation", activation, ["leakyRelu"]);
  const { leakyRelu } = activation;
  checkRange(caller, "activation.leakyRelu", leakyRelu);
  // The gradient is told from the output, whose sign must be that of what it came from, in float32 too.
  if (Math.fround(leakyRelu) === 0) {
    throw new RangeError(`${caller}: activation.leakyRelu must be above 0, got ${leakyRelu}`);
  }
  return Object.freeze({ leakyRelu });
}
