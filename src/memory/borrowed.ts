/** An array of the caller's that is still used when other code of the caller's has run. */
import { readArray } from "../common/arrays.js";
import type { ArrayOf, DType } from "../common/dtype.js";
import { isDead } from "../common/realm.js";
import type { TypedArray } from "../common/typedArrays.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Heap } from "./heap.js";
import { checkOwned, locate } from "./staging.js";

/**
 * What the library remembers of an array, be it the caller's own or in the module's memory. Between two uses its bytes may
 * have gone: `check` asks before each.
 */
export class Borrowed<D extends DType> {
  /** What messages call it. */
  readonly name: string;
  readonly length: number;
  readonly bytes: number;
  /** Where it lies in the module's memory, or NONE. */
  readonly place: Pointer;
  /** A view that nobody else has; of memory that has grown since, a dead one. */
  readonly view: ArrayOf<D>;
  readonly #heap: Heap;
  readonly #since: number;

  /**
   * Reads a typed array of this class, of any realm or subclass.
   * @throws TypeError for any other value or a detached array
   */
  constructor(caller: string, name: string, heap: Heap, value: unknown, dtype: D) {
    this.view = readArray(caller, name, value, dtype);
    this.length = this.view.length;
    this.place = locate(heap, this.view);
    this.name = name;
    this.#heap = heap;
    this.bytes = this.view.byteLength;
    this.#since = heap.changes;
  }

  /**
   * Held against what memory was when the array was read.
   * @throws ReferenceError if its tensor was disposed since, or before; TypeError if the caller's own buffer was transferred,
   *   or shrank
   */
  check(caller: string): void {
    if (this.place !== NONE) {
      checkOwned(caller, this.name, this.#heap, this.place, this.bytes, this.#since);
      return;
    }
    if (this.view.length === this.length && !isDead(this.view as TypedArray)) return;
    throw new TypeError(
      `${caller}: ${this.name} is detached: its buffer was transferred, or shrank, while it was in use; leave it as it is ` +
        "until the call is done, or pass a copy, such as x.slice()",
    );
  }
}
