/** An argument of a method: the array that was passed for it last, and a buffer for those that lie outside the module's memory. */
import type { ArrayOf, DType, FloatArray } from "../common/dtype.js";
import { lengthOf } from "../common/realm.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Heap } from "./heap.js";
import { Tensor } from "./tensor.js";

/** A caller's own array is remembered only if not much memory hangs on it. */
const KEPT_BYTES = 65536;

/** Up to so many elements, a loop copies faster than `set`: 3 instead of 15 ns for a few. */
const FEW = 32;

export class Staged<D extends DType> {
  /** A view of the remembered array that nobody else has; null for an argument that was left out. */
  view: ArrayOf<D> | null = null;
  /** Where that lies in the module's memory, or NONE. */
  place: Pointer = NONE;
  /** The heap's `changes` when it was checked; -1 for "never". */
  since = -1;
  readonly #heap: Heap;
  readonly #dtype: D;
  #array: unknown;
  #buffer: Tensor<D> | null = null;
  /** The last view of `window`. */
  #window: ArrayOf<D> | null = null;
  #at: Pointer = NONE;

  constructor(heap: Heap, dtype: D) {
    this.#heap = heap;
    this.#dtype = dtype;
  }

  /**
   * Whether this very array passed all checks in the last call, and would again. Its class and buffer, and where it starts
   * there, never change. Its length does where the buffer is transferred or resized; whose its bytes are does where a block
   * of memory is handed out or returns, memory grows, or the owner of a block is disposed: all of these count as changes.
   */
  is(array: unknown): boolean {
    if (array !== this.#array || this.#heap.changes !== this.since) return false;
    return this.view === null || (this.view.length > 0 && this.view.length === lengthOf(array));
  }

  /** Remembers an array that passed all checks, or that none was given. */
  remember(array: unknown, view: ArrayOf<D> | null, place: Pointer): void {
    const kept = place !== NONE || !view || view.buffer.byteLength <= KEPT_BYTES;
    this.#array = kept ? array : this;
    this.view = kept ? view : null;
    this.place = place;
    this.since = this.#heap.changes;
  }

  /** Where the buffer is, NONE before there is one. */
  get buffer(): Pointer {
    return this.#buffer?.pointer ?? NONE;
  }

  /**
   * Makes the buffer so many elements long, or changes nothing.
   * @throws RangeError in the name of `caller` if memory runs out
   */
  reserve(caller: string, length: number): void {
    if (length <= (this.#buffer?.length ?? 0)) return;
    const buffer = new Tensor(this.#heap, length, this.#dtype, caller);
    this.#buffer?.dispose();
    this.#buffer = buffer;
  }

  /** A view of the module's memory, made anew only if it is to show something else. */
  window(at: Pointer, length: number): ArrayOf<D> {
    // One that growth has detached has no length.
    if (this.#at !== at || this.#window?.length !== length) {
      this.#window = this.#heap.view(this.#dtype, at, length);
      this.#at = at;
    }
    return this.#window;
  }

  /** Copies the array to `at`, unless it is used in place. */
  copyIn(at: Pointer, view = this.view as ArrayOf<D>): void {
    if (this.place === NONE) copyElements(view, this.window(at, view.length));
  }

  /**
   * The `length` elements of a result at `at`, copied to where they are returned unless they were computed there.
   * @param out what `view` is a view of, to be returned
   */
  copyOut(at: Pointer, length: number, view: ArrayOf<D>, out = view): ArrayOf<D> {
    if (this.place === NONE) copyElements(this.window(at, length), view);
    // Memory may have grown since: then the caller's view is detached, and this is the live one. If threads share it, both live.
    return view.length < length ? this.#heap.view(this.#dtype, at, length) : out;
  }

  dispose(): void {
    this.remember(this, null, NONE);
    this.#buffer?.dispose();
    this.#buffer = null;
  }
}

/** Copies an array to another of its length and class; both are views that `readArray` or the heap made. */
export function copyElements(from: FloatArray, to: FloatArray): void {
  const { length } = from;
  if (length > FEW) to.set(from);
  else for (let i = 0; i < length; i++) to[i] = from[i] as number;
}
