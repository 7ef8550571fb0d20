/** The options of optimizers, and what of them their kernels are passed. */
import { checkFinite } from "../common/check.js";
import type { DType } from "../common/dtype.js";
import type { Pointer } from "../kernels/abi.js";
import type { TypedNnKernels } from "../kernels/nn/abi.js";
import type { Affine } from "../layer/affine.js";
import type { Schedule } from "./schedules.js";

export interface CommonOptions {
  /** A number, or a schedule such as `cosine({ from: 0.1 })`. */
  learningRate: number | Schedule;
  /** Weight decay, of the biases too. Default 0. */
  weightDecay?: number | undefined;
  /** Gradients whose norm, over the whole network, is larger are made so small. Default: none are. */
  clipNorm?: number | undefined;
}

export interface SgdOptions extends CommonOptions {
  /** Default 0. */
  momentum?: number | undefined;
  /** Nesterov's form of the momentum. Default false. */
  nesterov?: boolean | undefined;
}

export interface AdamOptions extends CommonOptions {
  /** How much of the mean gradient is kept from step to step. Default 0.9. */
  beta1?: number | undefined;
  /** The same of the mean square. Default 0.999. */
  beta2?: number | undefined;
  /** Above 0. Default 1e-8. */
  epsilon?: number | undefined;
}

/** What the kernels get must be of use in their element type, too: 1e39 is infinite in float32, 1e-46 is 0. */
export function checkNumbers(
  caller: string,
  optimizer: string,
  numbers: Readonly<Record<string, number | undefined>>,
  dtype: DType,
): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (value === undefined) continue;
    checkFinite(caller, `${optimizer}'s ${name}`, value, dtype);
    const rounded = dtype === "float32" ? Math.fround(value) : value;
    if (name === "epsilon" && rounded === 0) {
      throw new RangeError(`${caller}: ${optimizer}'s epsilon must be above 0 in ${dtype}, got ${value}`);
    }
    if (["momentum", "beta1", "beta2"].includes(name) && rounded === 1) {
      throw new RangeError(`${caller}: ${optimizer}'s ${name} must be below 1 in ${dtype}, got ${value}`);
    }
  }
}

/** The kernel call of an optimizer; `first` and `second` are its state, NONE without one; `step` counts from 1. */
export type Update = (
  kernels: TypedNnKernels,
  length: number,
  weight: Pointer,
  gradient: Pointer,
  first: Pointer,
  second: Pointer,
  rate: number,
  step: number,
) => void;

/** What an optimizer can update. */
export type Trainable = Affine<DType> | Affine<"float32"> | Affine<"float64"> | TrainableNetwork;

/** A `Sequential` of any layers. */
interface TrainableNetwork {
  readonly dtype: DType;
  readonly layers: readonly unknown[];
}
