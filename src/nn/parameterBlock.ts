/**
 * All parameters of a network in one block of memory, and their gradients in another of the same layout, so that an
 * optimizer updates the whole network in one call:
 *
 *     ┌ 0.weight ┬ 0.bias ┬ pad ┬ 1.weight ┬ 1.bias ┬ pad ┬ …
 *
 * Each array starts on a cache line. The padding holds zeros, has zero gradients, and so stays zero under every update.
 */

import { type ArrayOf, type DType, elementBytes } from "../common/dtype.js";
import type { Pointer } from "../kernels/abi.js";
import { checkApart } from "../layer/overlap.js";
import type { Heap } from "../memory/heap.js";
import { Tensor } from "../memory/tensor.js";

const CACHE_LINE = 64;

/** Where an array lies in the block, in elements. */
export interface Entry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** The arrays of a network, one after the other. */
export class Layout {
  readonly entries: Entry[] = [];
  /** Elements of the whole block. */
  length = 0;
  readonly #step: number;

  constructor(dtype: DType) {
    this.#step = CACHE_LINE / elementBytes(dtype);
  }

  add(name: string, length: number): Entry {
    const entry = { name, offset: this.length, length };
    this.entries.push(entry);
    this.length += Math.ceil(length / this.#step) * this.#step;
    return entry;
  }
}

/** An array of a block: a live view. */
export class Part<D extends DType> {
  readonly #whole: Tensor<D>;
  readonly #entry: Entry;
  #view: ArrayOf<D> | null = null;

  constructor(whole: Tensor<D>, entry: Entry) {
    this.#whole = whole;
    this.#entry = entry;
  }

  get pointer(): Pointer {
    return this.#whole.pointer + this.#entry.offset * elementBytes(this.#whole.dtype);
  }

  get data(): ArrayOf<D> {
    const whole = this.#whole.data;
    if (this.#view?.buffer !== whole.buffer) {
      const { offset, length } = this.#entry;
      this.#view = whole.subarray(offset, offset + length) as ArrayOf<D>;
    }
    return this.#view as ArrayOf<D>;
  }

  /** A view for the library itself, which keeps none: it does not count as read. */
  peek(): ArrayOf<D> {
    const { offset, length } = this.#entry;
    return this.#whole.peek().subarray(offset, offset + length) as ArrayOf<D>;
  }
}

/** Parameters that lie side by side and are all trained, in elements of the block. */
export interface Run {
  readonly offset: number;
  readonly length: number;
}

/** A layer's parameters, as far as the block needs to know them. */
interface Owner {
  readonly weight: Entry | null;
  readonly bias: Entry | null;
  trainable: boolean;
}

/** What goes with the parameters, if it is still there. */
interface Owned {
  deref(): Tensor | undefined;
}

/** The parameters of a network and, once somebody asks for them, their gradients. */
export class ParameterBlock<D extends DType> {
  readonly heap: Heap;
  readonly dtype: D;
  readonly layout: Layout;
  readonly values: Tensor<D>;
  #gradients: Tensor<D> | null = null;
  readonly #layers: readonly Owner[];
  #runs: readonly Run[] | null = null;
  /** Whether the gradients hold anything yet: computed, or written by whoever reads them. */
  hasGradients = false;
  readonly #owned = new Set<Owned>();

  constructor(heap: Heap, dtype: D, layout: Layout, layers: readonly Owner[]) {
    this.heap = heap;
    this.dtype = dtype;
    this.layout = layout;
    this.#layers = layers;
    this.values = new Tensor(heap, layout.length, dtype, "Sequential");
  }

  /** @throws RangeError in the name of `caller`, if they are not there yet and memory runs out */
  gradientsFor(caller: string): Tensor<D> {
    this.#gradients ??= new Tensor(this.heap, this.layout.length, this.dtype, caller);
    return this.#gradients;
  }

  /** Where the parameters are that training changes: in one run, unless a layer between two others is not trained. */
  get trainedRuns(): readonly Run[] {
    this.#runs ??= this.#findRuns();
    return this.#runs;
  }

  setTrainable(layer: Owner, trainable: boolean): void {
    layer.trainable = trainable;
    this.#runs = null;
  }

  get disposed(): boolean {
    return this.values.disposed;
  }

  /** @throws ReferenceError, in the name of `caller`, after `dispose()` */
  checkUsable(caller: string): void {
    if (this.values.disposed) throw new ReferenceError(`${caller}: the network is used after dispose()`);
  }

  /**
   * @param reads whether the array is only read, which it is once more after gradients have been written
   * @throws RangeError if it lies in the module's memory, and shares a byte with the gradients or, unless `reads`, the parameters
   */
  checkApart(caller: string, name: string, at: Pointer, bytes: number, reads?: true): void {
    const size = this.values.length * elementBytes(this.dtype);
    // Before there are any gradients, nobody has a view of them.
    if (this.#gradients) checkApart(caller, name, at, bytes, "the network's gradients", this.#gradients.pointer, size);
    if (!reads) checkApart(caller, name, at, bytes, "the network's parameters", this.values.pointer, size);
  }

  /**
   * Disposes an optimizer's state, too, in the end. It is not kept alive by that: the state of an optimizer that nobody has
   * any more comes back before, unless it was `kept`, since somebody may have views of it.
   */
  own(state: Tensor, kept: boolean): void {
    for (const each of this.#owned) {
      const owned = each.deref();
      if (!owned || owned === state) this.#owned.delete(each);
    }
    this.#owned.add(kept || typeof WeakRef === "undefined" ? { deref: () => state } : new WeakRef(state));
  }

  dispose(): void {
    for (const each of this.#owned) each.deref()?.dispose();
    this.values.dispose();
    this.#gradients?.dispose();
  }

  #findRuns(): Run[] {
    const runs: { offset: number; length: number }[] = [];
    const { entries, length } = this.layout;
    for (const { weight, bias, trainable } of this.#layers) {
      if (!weight || !trainable) continue;
      // Up to where the next array starts: the padding is updated, too.
      const end = entries[entries.indexOf(bias ?? weight) + 1]?.offset ?? length;
      const last = runs.at(-1);
      if (last && last.offset + last.length === weight.offset) last.length = end - last.offset;
      else runs.push({ offset: weight.offset, length: end - weight.offset });
    }
    return runs;
  }
}
