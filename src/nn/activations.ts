/** What follows the affine map of a layer. */
import {
  ACTIVATION_NAMES,
  ACTIVATIONS,
  type ActivationName,
  type ParametricActivation,
  type PlainActivation,
} from "../kernels/nn/activations.js";

type Parametric<Name extends ParametricActivation> = Name extends unknown ? { readonly [key in Name]: number } : never;

/** Nothing, or an activation, element by element: by its name, or as `{ name: parameter }`. See `ACTIVATIONS`. */
export type LayerActivation = "none" | PlainActivation | Parametric<ParametricActivation>;

/** How the kernels number them. */
export const NO_ACTIVATION = -1;
export const RELU = ACTIVATION_NAMES.indexOf("relu");

/** The name; null for "none". */
export function nameOf(activation: LayerActivation): ActivationName | null {
  if (activation === "none") return null;
  return typeof activation === "string" ? activation : (Object.keys(activation)[0] as ActivationName);
}

/** The parameter; 0 for one that has none. */
export function parameterOf(activation: LayerActivation): number {
  if (typeof activation === "object") return Object.values(activation)[0] as number;
  const name = nameOf(activation);
  return (name && ACTIVATIONS[name].parameter?.default) ?? 0;
}

/** Whether the gradient is computed from what went into the activation, instead of what came out. */
export function needsInput(activation: LayerActivation): boolean {
  const name = nameOf(activation);
  return name !== null && ACTIVATIONS[name].gradientFrom === "input";
}

export function activationKind(activation: LayerActivation): number {
  const name = nameOf(activation);
  return name === null ? NO_ACTIVATION : ACTIVATION_NAMES.indexOf(name);
}

/** The activation as a cell of a table. */
export function describeActivation(activation: LayerActivation): string {
  return typeof activation === "object" ? `${nameOf(activation)} ${parameterOf(activation)}` : activation;
}
