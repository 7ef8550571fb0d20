/** What all optimizers have in common: their state, and whose parameters they follow. */

import { checkWhole } from "../common/check.js";
import { checkRange } from "../common/checkOptions.js";
import { type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { fixFields, KIND, notOwn } from "../common/own.js";
import { NONE } from "../kernels/abi.js";
import { disposeSymbol, type Tensor } from "../memory/tensor.js";
import { clip } from "./clip.js";
import type { NetworkInternals } from "./internals.js";
import { ParametricLayer } from "./layers/parameters.js";
import { type CommonOptions, checkNumbers, type Trainable, type Update } from "./optimizerOptions.js";
import { makeSlots, partsOf, readState, type StatePart, writeState } from "./optimizerState.js";
import type { ParameterBlock } from "./parameterBlock.js";
import { BY_HAND, checkRate, type Schedule, scheduleOf } from "./schedules.js";
import { NetworkTarget, type Target, type UpdateRun } from "./target.js";
import { areTargets, checkGradients, readTargets } from "./targets.js";

/**
 * What `sgd`, `adam` and `adamW` return: a rule and, once it is used, its state for the parameters of one network, or of a list of
 * networks and layers. The state lies in the module's memory until the network or the optimizer is disposed.
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
  /** What it updates, bound by the first use; and the state of each. */
  #targets: readonly Target[] | null = null;
  #slots: readonly (readonly Tensor[])[] = [];
  /** Whether a list was bound: then names of the state begin with the place in it. */
  #listed = false;
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
    const targets = this.#targets;
    if (!targets) return new Map(this.#imported);
    for (const [i, target] of targets.entries()) for (const slot of this.#slots[i] ?? []) target.own(slot, true);
    return new Map(this.#parts().map(({ name, part }) => [name, part.data]));
  }

  /** @internal As `exportState`, for the library itself, which keeps no view. */
  peekState(caller: string): Map<string, FloatArray> {
    this.#checkUsable(caller);
    if (!this.#targets) return new Map(this.#imported);
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
    const arrays = readState(caller, state, this.#targets === null);
    if (this.#targets) writeState(caller, this.name, this.#parts(), arrays);
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
    if (this.#targets && !this.#isOf(parameters)) throw this.#otherNetwork(caller);
    checkNumbers(caller, this.name, this.#numbers, parameters.dtype);
  }

  /** @internal As `checkBinding`, for a network that is known by its layers. */
  checkLayers(caller: string, layers: readonly object[]): void {
    this.#checkUsable(caller);
    if (!this.#targets) return;
    const isOwn = (layer: object) => layer instanceof ParametricLayer && this.#isOf(layer.block);
    if (!layers.some(isOwn)) throw this.#otherNetwork(caller);
  }

  /** @internal Makes it the optimizer of a network. */
  bind(caller: string, network: NetworkInternals<DType>): void {
    this.checkBinding(caller, network.parameters);
    if (!this.#targets) this.#bindTo(caller, [new NetworkTarget(network)], false);
  }

  /**
   * One update of a network, or of a list of networks and `Affine` layers, by the gradients that the last `backward` left or
   * that were written since. The first call binds the optimizer: from then on it takes the same network or list only.
   * `clipNorm` is over all that is trained of the list.
   *
   * The learning rate is that of its schedule at `stepCount`. A schedule that needs the length of a run, such as a `cosine`
   * without `steps`, throws.
   *
   * @throws Error if there are no gradients yet, for another network or list, or if the norm of the gradient is not finite;
   *   TypeError, RangeError for what is no network or layer, and for a bad rate; ReferenceError for what was disposed: nothing
   *   has changed then
   */
  step(targets: Trainable | readonly Trainable[]): void {
    Optimizer.check("step", "the optimizer", this);
    this.#checkUsable("step");
    if (!areTargets(this.#targets, targets)) {
      const read = readTargets("step", targets);
      if (this.#targets) throw new Error("step: the optimizer belongs to another network or list; make one for each");
      for (const { dtype } of read) checkNumbers("step", this.name, this.#numbers, dtype);
      this.#bindTo("step", read, Array.isArray(targets));
    }
    const bound = this.#targets as readonly Target[];
    checkGradients("step", bound);
    const rate = this.schedule(this.#stepCount, BY_HAND);
    // The schedule may have run anything.
    this.#checkUsable("step");
    for (const { dtype } of bound) checkRate("step", rate, dtype, this.#stepCount);
    if (!this.update("step", rate)) {
      throw new Error(
        "step: the norm of the gradient is not finite; nothing was changed. A lower learning rate, or inputs near 1 in " +
          "size may help; so may a look for NaN among the examples",
      );
    }
  }

  /**
   * @internal One update with the gradients that lie there. Changes nothing and returns false if their norm is not finite.
   * @throws ReferenceError in the name of `caller` after `dispose()`, its own or the network's
   */
  update(caller: string, rate: number): boolean {
    this.#checkUsable(caller);
    const targets = this.#targets as readonly Target[];
    if (this.#clipNorm !== undefined && !clip(targets, this.#clipNorm)) return false;
    this.#stepCount++;
    for (let i = 0; i < targets.length; i++) {
      const { kernels, runs, dtype } = targets[i] as Target;
      const [first, second] = this.#slots[i] as readonly Tensor[];
      const size = elementBytes(dtype);
      for (let r = 0; r < runs.length; r++) {
        const { offset, length, values, gradients } = runs[r] as UpdateRun;
        const at = offset * size;
        const [m, v] = [first ? first.pointer + at : NONE, second ? second.pointer + at : NONE];
        this.#update(kernels, length, values, gradients, m, v, rate, this.#stepCount);
      }
    }
    return true;
  }

  /** Returns the memory of the state; a run that uses the optimizer ends with a ReferenceError. A second call does nothing. */
  dispose(): void {
    Optimizer.check("dispose", "the optimizer", this);
    this.#disposed = true;
    this.#imported = null;
    for (const slot of this.#slots.flat()) slot.dispose();
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
    if (this.#targets?.some(({ disposed }) => disposed)) {
      throw new ReferenceError(`${caller}: the optimizer is used after dispose() of its network`);
    }
  }

  #otherNetwork(caller: string): Error {
    return new Error(`${caller}: the optimizer belongs to another network; make one for each`);
  }

  /** Whether it is the optimizer of that network, and of nothing else. */
  #isOf(parameters: object): boolean {
    return this.#targets?.length === 1 && this.#targets[0]?.key === parameters;
  }

  #bindTo(caller: string, targets: readonly Target[], listed: boolean): void {
    const slots = makeSlots(caller, this.name, targets, listed, this.slotNames, this.#imported);
    this.#targets = targets;
    this.#slots = slots;
    this.#listed = listed;
    this.#imported = null;
    for (const [i, target] of targets.entries()) for (const slot of slots[i] as Tensor[]) target.own(slot, false);
  }

  #parts(): StatePart[] {
    return partsOf(this.#targets as readonly Target[], this.#listed, this.slotNames, this.#slots);
  }
}
