/** An array inside the module's memory, and how long it lives. */

import { type ArrayOf, type DType, elementBytes } from "../common/dtype.js";
import { fixFields, KIND, notOwn } from "../common/own.js";
import type { Pointer } from "../kernels/abi.js";
import type { Heap } from "./heap.js";

/** Shared by both classes that can be disposed: `using` works wherever the engine or the compiler knows it. */
export const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/**
 * A handle to an array inside the module's memory. Kernels use such arrays in place: nothing is copied.
 *
 * `data` is a live view. Any allocation may grow the memory, which detaches all views of it; the getter then makes a new
 * one. So read `tensor.data` where you need it and keep the tensor, not the view.
 *
 * A tensor that is garbage collected undisposed gives its memory back, some time later, but only if `data` was never
 * read: a view may live on, and nothing tells how long.
 */
export class Tensor<D extends DType = DType> {
  declare readonly dtype: D;
  declare readonly length: number;
  readonly #at: Pointer;
  readonly #heap: Heap;
  /** Null until `data` is read. */
  #view: ArrayOf<D> | null = null;
  #disposed = false;

  /** @internal Users call `tensor(length, dtype)`. */
  constructor(heap: Heap, length: number, dtype: D, caller?: string) {
    this.#heap = heap;
    fixFields<Tensor<D>>(this, { dtype, length });
    this.#at = heap.allocateZeros(length * elementBytes(dtype), caller);
    heap.watch(this, this.#at);
  }

  /**
   * The address of the first element.
   * @throws ReferenceError after `dispose()`
   */
  get pointer(): Pointer {
    Tensor.#checkUsable(this, "pointer");
    return this.#at;
  }

  /**
   * The live view of the elements.
   * @throws ReferenceError after `dispose()`
   */
  get data(): ArrayOf<D> {
    if (!(#disposed in this)) throw notOwn("data", "the tensor", this, Tensor, "a Tensor");
    if (this.#view === null || this.#view.buffer !== this.#heap.buffer) {
      Tensor.#checkUsable(this, "data");
      if (this.#view === null) this.#heap.unwatch(this);
      this.#view = this.peek();
    }
    return this.#view;
  }

  /** @internal A view for the library itself, which keeps none: it does not count as read. */
  peek(): ArrayOf<D> {
    return this.#heap.view(this.dtype, this.pointer, this.length);
  }

  get disposed(): boolean {
    if (!(#disposed in this)) throw notOwn("disposed", "the tensor", this, Tensor, "a Tensor");
    return this.#disposed;
  }

  /** Returns the memory. A second call does nothing. */
  dispose(): void {
    if (!(#disposed in this)) throw notOwn("dispose", "the tensor", this, Tensor, "a Tensor");
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#view === null) this.#heap.unwatch(this);
    this.#view = null;
    this.#heap.free(this.#at);
  }

  /** @internal */
  get [KIND](): string {
    return "Tensor";
  }

  /** @internal Vue leaves it as it is. */
  get __v_skip(): boolean {
    return true;
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  static #checkUsable(tensor: object, caller: string): void {
    if (!(#disposed in tensor)) throw notOwn(caller, "the tensor", tensor, Tensor, "a Tensor");
    if (tensor.#disposed) throw new ReferenceError("tensor: used after dispose()");
  }
}
