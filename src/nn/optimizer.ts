/** What all optimizers have in common: their state, and whose parameters they follow. */

import { checkRange, checkWhole } from "../common/check.js";
import { type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { fixFields, KIND, notOwn } from "../common/own.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { TypedNnKernels } from "../kernels/nn/abi.js";
import { disposeSymbol, Tensor } from "../memory/tensor.js";
import { ParametricLayer } from "./layers/parameters.js";
import { type CommonOptions, checkNumbers } from "./optimizerOptions.js";
import { partsOf, readState, type StatePart, writeState } from "./optimizerState.js";
import type { ParameterBlock } from "./parameterBlock.js";
import type { Runtime } from "./runtime.js";
import { type Schedule, scheduleOf } from "./schedules.js";

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

/**
 * What `sgd`, `adam` and `adamW` return: a rule and, once it is used, its state for the parameters of one network. The
 * state lies in the module's memory until the network or the optimizer is disposed.
 */
export class Optimizer {
  declare readonly name: string;
  /** @internal */
  declare readonly schedule: Schedule;
  /** @internal What the state's arrays are called, each of the shape of the parameters. */
  declare readonly slotNames: readonly string[];
  readonly #update: Update;
  readonly #numbers: Readonly<Record<string, number | undefined>>;
  readonly #clipNorm: number | undefined;
  #parameters: ParameterBlock<DType> | null = null;
  #slots: readonly Tensor[] = [];
  #stepCount = 0;
  /** What was imported before there was a network to check it with. */
  #imported: ReadonlyMap<string, FloatArray> | null = null;
  #disposed = false;

  /**
   * @internal Users call `sgd`, `adam` or `adamW`.
   * @param numbers what else the kernel is passed, to be held against the element type
   */
  constructor(
    name: string,
    { learningRate, clipNorm }: CommonOptions,
    slotNames: readonly string[],
    numbers: Readonly<Record<string, number>>,
    update: Update,
  ) {
    if (clipNorm !== undefined) checkRange(name, "clipNorm", clipNorm, Number.MIN_VALUE);
    const schedule = scheduleOf(name, learningRate);
    fixFields<Optimizer>(this, { name, schedule, slotNames: Object.freeze([...slotNames]) });
    const rate = typeof learningRate === "number" ? learningRate : undefined;
    this.#numbers = { ...numbers, learningRate: rate, clipNorm };
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
   *
   * @throws ReferenceError after `dispose()`, its own or the network's
   */
  exportState(): Map<string, FloatArray> {
    Optimizer.check("exportState", "the optimizer", this);
    this.#checkUsable("exportState");
    const parameters = this.#parameters;
    if (!parameters) return new Map(this.#imported);
    for (const slot of this.#slots) parameters.own(slot, true);
    return new Map(this.#parts().map(({ name, part }) => [name, part.data]));
  }

  /** @internal As `exportState`, for the library itself, which keeps no view. */
  peekState(caller: string): Map<string, FloatArray> {
    this.#checkUsable(caller);
    if (!this.#parameters) return new Map(this.#imported);
    return new Map(this.#parts().map(({ name, part }) => [name, part.peek()]));
  }

  /**
   * Goes on from an exported state. Before the first use it is kept, and checked by the `fit` that uses it.
   *
   * @throws TypeError, RangeError for missing, unknown or misshapen arrays, and for a bad `stepCount`; ReferenceError after
   *   `dispose()`, its own or the network's, and for a view of memory that was returned
   */
  importState(state: ReadonlyMap<string, FloatArray>, stepCount: number): void {
    Optimizer.check("importState", "the optimizer", this);
    this.restore("importState", state, stepCount);
  }

  /** @internal `importState`, in the name of `caller`. */
  restore(caller: string, state: ReadonlyMap<string, FloatArray>, stepCount: number): void {
    checkWhole(caller, "stepCount", stepCount, Number.MAX_SAFE_INTEGER);
    this.#checkUsable(caller);
    const arrays = readState(caller, state, this.#parameters === null);
    if (this.#parameters) writeState(caller, this.name, this.#parts(), this.#parameters.dtype, arrays);
    else this.#imported = arrays;
    this.#stepCount = stepCount;
  }

  /** @internal @throws TypeError for anything but an optimizer of this copy of the package */
  static check(caller: string, name: string, value: unknown): asserts value is Optimizer {
    if (typeof value === "object" && value !== null && #update in value) return;
    throw notOwn(caller, name, value, Optimizer, "an optimizer, such as sgd({ learningRate: 0.1 })");
  }

  /**
   * @internal
   * @throws ReferenceError after `dispose()`, Error if it is the optimizer of other parameters, RangeError for an option that
   *   their element type cannot hold
   */
  checkBinding(caller: string, parameters: ParameterBlock<DType>): void {
    this.#checkUsable(caller);
    if (this.#parameters && this.#parameters !== parameters) throw this.#otherNetwork(caller);
    checkNumbers(caller, this.name, this.#numbers, parameters.dtype);
  }

  /** @internal As `checkBinding`, for a network that is known by its layers. */
  checkLayers(caller: string, layers: readonly object[]): void {
    this.#checkUsable(caller);
    const parameters = this.#parameters;
    if (!parameters || layers.some((layer) => layer instanceof ParametricLayer && layer.liesIn(parameters))) return;
    throw this.#otherNetwork(caller);
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
      if (this.#imported) writeState(caller, this.name, this.#parts(), parameters.dtype, this.#imported);
    } catch (error) {
      for (const slot of slots) slot.dispose();
      this.#parameters = null;
      this.#slots = [];
      throw error;
    }
    this.#imported = null;
    for (const slot of slots) parameters.own(slot, false);
  }

  /**
   * @internal One update with the gradients that lie there. Changes nothing and returns false if their norm is not finite.
   * @throws ReferenceError in the name of `caller` after `dispose()`, its own or the network's
   */
  step(caller: string, { kernels }: Runtime, rate: number): boolean {
    this.#checkUsable(caller);
    const parameters = this.#parameters as ParameterBlock<DType>;
    const { values, dtype, trainedRuns } = parameters;
    const gradients = parameters.gradientsFor(caller);
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

  /** Returns the memory of the state; a run that uses the optimizer ends with a ReferenceError. A second call does nothing. */
  dispose(): void {
    Optimizer.check("dispose", "the optimizer", this);
    this.#disposed = true;
    this.#imported = null;
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

  #checkUsable(caller: string): void {
    if (this.#disposed) throw new ReferenceError(`${caller}: the optimizer is used after dispose()`);
    if (this.#parameters?.disposed) {
      throw new ReferenceError(`${caller}: the optimizer is used after dispose() of its network`);
    }
  }

  #otherNetwork(caller: string): Error {
    return new Error(`${caller}: the optimizer belongs to another network; make one for each`);
  }

  #parts(): StatePart[] {
    return partsOf(this.#parameters as ParameterBlock<DType>, this.slotNames, this.#slots);
  }
}
