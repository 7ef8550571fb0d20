/** How parameters follow from their gradients. */

import { checkArray, checkBoolean, checkFields, checkRange, checkVector, checkWhole } from "../common/check.js";
import { type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { KIND, notOwn } from "../common/own.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { TypedNnKernels } from "../kernels/nn/abi.js";
import { disposeSymbol, Tensor } from "../memory/tensor.js";
import { type Entry, type ParameterBlock, Part } from "./parameterBlock.js";
import type { Runtime } from "./runtime.js";
import { type Schedule, scheduleOf } from "./schedules.js";

interface CommonOptions {
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
  /** Default 1e-8. */
  epsilon?: number | undefined;
}

const COMMON = ["learningRate", "weightDecay", "clipNorm"];

/** The kernel call of an optimizer; `first` and `second` are its state, NONE without one; `step` counts from 1. */
type Update = (
  kernels: TypedNnKernels,
  length: number,
  weight: Pointer,
  gradient: Pointer,
  first: Pointer,
  second: Pointer,
  rate: number,
  step: number,
) => void;

/**
 * What `sgd`, `adam` and `adamW` return: a rule and, once it is used, its state for the parameters of one network. The
 * state lies in the module's memory until the network or the optimizer is disposed.
 */
export class Optimizer {
  readonly name: string;
  /** @internal */
  readonly schedule: Schedule;
  /** @internal What the state's arrays are called, each of the shape of the parameters. */
  readonly slotNames: readonly string[];
  readonly #update: Update;
  readonly #clipNorm: number | undefined;
  #parameters: ParameterBlock<DType> | null = null;
  #slots: readonly Tensor[] = [];
  #stepCount = 0;
  /** What was imported before there was a network to check it with. */
  #imported: ReadonlyMap<string, FloatArray> | null = null;

  /** @internal Users call `sgd`, `adam` or `adamW`. */
  constructor(name: string, { learningRate, clipNorm }: CommonOptions, slotNames: readonly string[], update: Update) {
    if (clipNorm !== undefined) checkRange(name, "clipNorm", clipNorm, Number.MIN_VALUE);
    this.name = name;
    this.schedule = scheduleOf(name, learningRate);
    this.slotNames = slotNames;
    this.#update = update;
    this.#clipNorm = clipNorm;
  }

  /** Updates done so far. */
  get stepCount(): number {
    Optimizer.check("stepCount", "the optimizer", this);
    return this.#stepCount;
  }

  /**
   * The state as live views, by names such as "momentum.0.weight"; empty before the first use. With `stepCount`, it is all
   * that another optimizer of the same options needs to go on from here.
   */
  exportState(): Map<string, FloatArray> {
    Optimizer.check("exportState", "the optimizer", this);
    if (!this.#parameters) return new Map(this.#imported);
    return new Map(this.#parts().map(({ name, part }) => [name, part.data]));
  }

  /**
   * Goes on from an exported state. Before the first use it is kept, and checked by the `fit` that uses it.
   *
   * @throws TypeError, RangeError for missing, unknown or misshapen arrays, and for a bad `stepCount`
   */
  importState(state: ReadonlyMap<string, FloatArray>, stepCount: number): void {
    Optimizer.check("importState", "the optimizer", this);
    if (!(state instanceof Map)) throw new TypeError("importState: state must be a Map, as exportState returns");
    checkWhole("importState", "stepCount", stepCount, Number.MAX_SAFE_INTEGER);
    if (this.#parameters) this.#write("importState", state);
    else this.#imported = new Map([...state].map(([name, array]) => [name, array.slice()]));
    this.#stepCount = stepCount;
  }

  /** @internal @throws TypeError for anything but an optimizer of this copy of the package */
  static check(caller: string, name: string, value: unknown): asserts value is Optimizer {
    if (typeof value === "object" && value !== null && #update in value) return;
    throw notOwn(caller, name, value, Optimizer, "an optimizer, such as sgd({ learningRate: 0.1 })");
  }

  /** @internal @throws Error if it is the optimizer of other parameters */
  checkBinding(caller: string, parameters: ParameterBlock<DType>): void {
    if (!this.#parameters || this.#isBoundTo(parameters)) return;
    throw new Error(`${caller}: the optimizer belongs to another network; make one for each`);
  }

  /** @internal Makes it the optimizer of these parameters. */
  bind(caller: string, parameters: ParameterBlock<DType>): void {
    this.checkBinding(caller, parameters);
    if (this.#parameters) return;
    const slots: Tensor[] = [];
    try {
      for (const _ of this.slotNames)
        slots.push(new Tensor(parameters.heap, parameters.layout.length, parameters.dtype, caller));
      this.#parameters = parameters;
      this.#slots = slots;
      if (this.#imported) this.#write(caller, this.#imported);
    } catch (error) {
      for (const slot of slots) slot.dispose();
      this.#parameters = null;
      this.#slots = [];
      throw error;
    }
    this.#imported = null;
    for (const slot of slots) parameters.own(slot);
  }

  /** @internal One update with the gradients that lie there. Changes nothing and returns false if their norm is not finite. */
  step({ kernels }: Runtime, rate: number): boolean {
    const parameters = this.#parameters as ParameterBlock<DType>;
    const { values, dtype, trainedRuns } = parameters;
    const gradients = parameters.gradientsFor("fit");
    const typed = kernels[dtype];
    const size = elementBytes(dtype);
    if (this.#clipNorm !== undefined) {
      // As PyTorch's clip_grad_norm_, over what is trained.
      let squares = 0;
      for (const { offset, length } of trainedRuns) {
        squares += typed.sumOfSquares(length, gradients.pointer + offset * size);
      }
      const norm = Math.sqrt(squares);
      if (!Number.isFinite(norm)) return false;
      const factor = this.#clipNorm / (norm + 1e-6);
      for (const { offset, length } of trainedRuns) {
        if (factor < 1) typed.scale(length, factor, gradients.pointer + offset * size);
      }
    }
    this.#stepCount++;
    const [first, second] = this.#slots;
    for (const { offset, length } of trainedRuns) {
      const at = offset * size;
      this.#update(
        typed,
        length,
        values.pointer + at,
        gradients.pointer + at,
        first ? first.pointer + at : NONE,
        second ? second.pointer + at : NONE,
        rate,
        this.#stepCount,
      );
    }
    return true;
  }

  /** Returns the memory of the state. */
  dispose(): void {
    Optimizer.check("dispose", "the optimizer", this);
    for (const slot of this.#slots) slot.dispose();
  }

  /** @internal */
  get [KIND](): string {
    return "optimizer";
  }

  /** @internal Vue leaves it as it is. */
  get __v_skip(): boolean {
    return true;
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  #isBoundTo(parameters: ParameterBlock<DType>): boolean {
    return this.#parameters === parameters && !this.#slots.some((slot) => slot.disposed);
  }

  /** Every array of the state, by its name. */
  #parts(): { name: string; entry: Entry; part: Part<DType> }[] {
    const { entries } = (this.#parameters as ParameterBlock<DType>).layout;
    return this.#slots.flatMap((slot, i) =>
      entries.map((entry) => ({ name: `${this.slotNames[i]}.${entry.name}`, entry, part: new Part(slot, entry) })),
    );
  }

  #write(caller: string, state: ReadonlyMap<string, FloatArray>): void {
    const parts = this.#parts();
    for (const { name, entry } of parts) {
      const array = state.get(name);
      if (!array) throw new RangeError(`${caller}: the state has no "${name}"`);
      checkArray(caller, `state "${name}"`, array, (this.#parameters as ParameterBlock<DType>).dtype);
      checkVector(caller, `state "${name}"`, array, entry.name, entry.length);
    }
    for (const name of state.keys()) {
      if (!parts.some((part) => part.name === name))
        throw new RangeError(`${caller}: "${name}" is no state of ${this.name}`);
    }
    for (const { name, part } of parts) part.peek().set(state.get(name) as FloatArray);
  }
}

/**
 * Gradient descent: `g += weightDecay·w`, `v = momentum·v + g`, `w -= η·v`; with `nesterov`, `w -= η·(g + momentum·v)`.
 * As PyTorch's `SGD`.
 *
 * @throws TypeError, RangeError for a bad option
 */
export function sgd(options: SgdOptions): Optimizer {
  checkFields("sgd", "options", options, [...COMMON, "momentum", "nesterov"]);
  const { momentum = 0, weightDecay = 0, nesterov = false } = options;
  checkRange("sgd", "momentum", momentum, 0, 1);
  checkRange("sgd", "weightDecay", weightDecay);
  checkBoolean("sgd", "nesterov", nesterov);
  if (nesterov && momentum === 0) throw new RangeError("sgd: nesterov needs a momentum");
  const slots = momentum > 0 ? ["momentum"] : [];
  return new Optimizer("sgd", options, slots, (kernels, length, w, g, velocity, _none, rate) => {
    kernels.sgd(length, w, g, velocity, rate, momentum, weightDecay, nesterov ? 1 : 0);
  });
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
  checkFields(name, "options", options, [...COMMON, "beta1", "beta2", "epsilon"]);
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = decay } = options;
  checkRange(name, "beta1", beta1, 0, 1);
  checkRange(name, "beta2", beta2, 0, 1);
  checkRange(name, "epsilon", epsilon);
  checkRange(name, "weightDecay", weightDecay);
  return new Optimizer(name, options, ["mean", "meanSquare"], (kernels, length, w, g, mean, square, rate, step) => {
    const [first, second] = [1 - beta1 ** step, 1 - beta2 ** step];
    kernels.adam(length, w, g, mean, square, rate, beta1, beta2, epsilon, weightDecay, decoupled, first, second);
  });
}
