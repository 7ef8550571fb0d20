/** Whole numbers inside the module's memory: class numbers, and the order of examples. */
import type { Pointer } from "../kernels/abi.js";
import type { Heap } from "./heap.js";

/** A handle to 32-bit integers, as `Tensor` is one to floats. */
export class Indices {
  readonly length: number;
  readonly pointer: Pointer;
  readonly #heap: Heap;
  #view: Int32Array;

  constructor(caller: string, heap: Heap, length: number) {
    this.#heap = heap;
    this.length = length;
    this.pointer = heap.allocate(length * Int32Array.BYTES_PER_ELEMENT, caller);
    this.#view = new Int32Array(heap.buffer, this.pointer, length);
  }

  /** The live view: growing memory detaches it. */
  get data(): Int32Array {
    if (this.#view.buffer !== this.#heap.buffer) {
      this.#view = new Int32Array(this.#heap.buffer, this.pointer, this.length);
    }
    return this.#view;
  }

  dispose(): void {
    this.#heap.free(this.pointer);
  }
}
