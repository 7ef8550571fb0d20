/** The options of the layer: their types, their defaults, their checks. */
import { checkBoolean, checkChoice, checkFields, checkSeed } from "../common/check.js";
import { type ArrayOf, DTYPES, type DType } from "../common/dtype.js";
import { anySeed } from "../common/random.js";
import type { ActivationName } from "../kernels/nn/activations.js";
import { INITIALIZERS, type Initializer } from "./initializers.js";

/** Those of `affine-wasm/nn` that cost a layer no pass of its own. */
const ACTIVATIONS = ["none", "relu"] as const satisfies readonly ("none" | ActivationName)[];
const OPTIONS: readonly (keyof AffineOptions)[] = ["dtype", "activation", "bias", "initializer", "seed"];
const BACKWARD_OPTIONS: readonly (keyof BackwardOptions)[] = ["inputGradient", "accumulate", "out"];

/** What follows the affine map: nothing, or `max(0, x)`. */
export type Activation = (typeof ACTIVATIONS)[number];

export interface AffineOptions<D extends DType = "float32"> {
  /** Element type of every array of the layer. Default "float32". */
  dtype?: D | undefined;
  /** Default "none". */
  activation?: Activation | undefined;
  /** Whether there is a bias. Default true. */
  bias?: boolean | undefined;
  /** Starting values of the parameters. Default "glorotUniform". */
  initializer?: Initializer | undefined;
  /** A whole number below 2³² that makes the starting values reproducible. Default: another one for every layer. */
  seed?: number | undefined;
}

export interface BackwardOptions<D extends DType = "float32"> {
  /** Whether to compute dX. The first layer of a network has no use for it. Default true. */
  inputGradient?: boolean | undefined;
  /** Add to `dWeight` and `dBias` instead of overwriting them. Default false. */
  accumulate?: boolean | undefined;
  /** Where to put dX (batch × inFeatures); default: a new array. */
  out?: ArrayOf<D> | undefined;
}

/** The options with every default filled in. */
export function readOptions<D extends DType>(options: AffineOptions<D>) {
  checkFields("Affine", "options", options, OPTIONS);
  const {
    dtype = "float32",
    activation = "none",
    bias = true,
    initializer = "glorotUniform",
    seed = anySeed(),
  } = options;
  checkChoice("Affine", "dtype", dtype, DTYPES);
  checkChoice("Affine", "activation", activation, ACTIVATIONS);
  checkChoice("Affine", "initializer", initializer, INITIALIZERS);
  checkBoolean("Affine", "bias", bias);
  checkSeed("Affine", "seed", seed);
  // Left out, `dtype` is "float32", and so is D by its default.
  return { dtype: dtype as D, activation, bias, initializer, seed };
}

const NO_OPTIONS: BackwardOptions<never> = {};

/** The options of `backward`, of which each is to be read once; then `checkBackwardOptions`. No object is made for a call. */
export function backwardOptions<D extends DType>(options: BackwardOptions<D> | undefined): BackwardOptions<D> {
  if (options === undefined) return NO_OPTIONS;
  checkFields("backward", "options", options, BACKWARD_OPTIONS);
  return options;
}

export function checkBackwardOptions(inputGradient: unknown, accumulate: unknown, out: unknown): void {
  checkBoolean("backward", "inputGradient", inputGradient);
  checkBoolean("backward", "accumulate", accumulate);
  if (out !== undefined && !inputGradient) {
    throw new RangeError("backward: out is where dX goes, which inputGradient: false skips");
  }
}
