/**
 * How a caller's arrays meet the module's memory. An array whose buffer is that memory is used in place; any other is
 * copied in (an input) or copied out (an output).
 *
 * Where an array lies must be read before anything is allocated: growing the memory detaches the caller's views of it.
 */

import { ARRAYS, type ArrayOf, type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Heap } from "./heap.js";

/** Where an array lies in the module's memory, or NONE. As all below, for views that `readArray` made. */
export function locate(heap: Heap, array: FloatArray): Pointer {
  return heap.holds(array.buffer) ? array.byteOffset : NONE;
}

/**
 * As `locate`, for an array that must not be a leftover.
 * @throws ReferenceError for a view of memory that has been returned
 */
export function locateOwned(caller: string, name: string, heap: Heap, array: FloatArray): Pointer {
  const at = locate(heap, array);
  if (at !== NONE) checkOwned(caller, name, heap, at, array.byteLength);
  return at;
}

/**
 * Memory that had a new owner before anybody looked cannot be told apart, so this finds most mistakes, not all; what is known
 * since a time when the heap's `changes` was `since` must be of the same blocks still.
 */
export function checkOwned(
  caller: string,
  name: string,
  heap: Heap,
  at: Pointer,
  bytes: number,
  since = heap.changes,
): void {
  if (heap.isFree(at, bytes) || !heap.unchangedSince(since, at, bytes)) {
    throw new ReferenceError(`${caller}: ${name} lies in memory that dispose() returned`);
  }
}

/** Copies an array to `at` in the module's memory. */
export function copyIn(heap: Heap, dtype: DType, array: FloatArray, at: Pointer): void {
  heap.view(dtype, at, array.length).set(array);
}

/**
 * The array that a result will be returned in, made before anything is computed: there may be no memory for it.
 * @throws RangeError if the engine makes no array of that length
 */
export function resultArray<D extends DType>(
  caller: string,
  dtype: D,
  length: number,
  out: ArrayOf<D> | null | undefined,
): ArrayOf<D> {
  if (out) return out;
  try {
    return new ARRAYS[dtype](length) as ArrayOf<D>;
  } catch (cause) {
    const wanted = `${length} values for a result`;
    throw new RangeError(`${caller}: out of memory: ${wanted} wanted, and the engine refused a ${ARRAYS[dtype].name}`, {
      cause,
    });
  }
}

/**
 * The result at `at`, copied to `array` unless it was computed there; `place` is where `array` lay before the call.
 * @param out what `array` is a view of, to be returned
 */
export function copyOut<D extends DType>(
  heap: Heap,
  dtype: D,
  at: Pointer,
  length: number,
  array: ArrayOf<D>,
  place: Pointer,
  out = array,
): ArrayOf<D> {
  if (place === NONE) {
    array.set(heap.view(dtype, at, length));
    return out;
  }
  // Memory may have grown since: then the caller's view is detached, and this is the live one. If threads share it, both live.
  return heap.holds(array.buffer) ? out : heap.view(dtype, place, length);
}

/** Blocks that live for one call. */
export class Temporary {
  readonly #heap: Heap;
  readonly #dtype: DType;
  readonly #caller: string;
  readonly #blocks: Pointer[] = [];

  constructor(heap: Heap, dtype: DType, caller: string) {
    this.#heap = heap;
    this.#dtype = dtype;
    this.#caller = caller;
  }

  /** The pointer of a copy of an array. */
  copyOf(array: FloatArray): Pointer {
    const at = this.block(array.length);
    copyIn(this.#heap, this.#dtype, array, at);
    return at;
  }

  /** The pointer of `length` elements of any content. */
  block(length: number): Pointer {
    const at = this.#heap.allocate(length * elementBytes(this.#dtype), this.#caller);
    this.#blocks.push(at);
    return at;
  }

  /** Returns every block. */
  release(): void {
    for (const at of this.#blocks) this.#heap.free(at);
  }
}
