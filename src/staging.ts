/**
 * How a caller's arrays meet the module's memory. An array whose buffer is that memory is used in place; any other is
 * copied in (an input) or copied out (an output).
 *
 * Where an array lies must be read before anything is allocated: growing the memory detaches the caller's views of it.
 */
import type { Pointer } from "./abi.js";
import { ARRAYS, type ArrayOf, type DType, elementBytes, type FloatArray } from "./dtype.js";
import type { Heap } from "./memory.js";

/** A caller's array and where it lies in the module's memory: `at` is null if elsewhere. */
export interface Placed {
  readonly name: string;
  readonly array: FloatArray;
  readonly length: number;
  readonly at: Pointer | null;
}

export function place(heap: Heap, name: string, array: FloatArray): Placed {
  const inside = array.buffer === heap.memory.buffer;
  return { name, array, length: array.length, at: inside ? array.byteOffset : null };
}

/** Copies an array to `at` in the module's memory. */
export function copyIn(heap: Heap, dtype: DType, array: FloatArray, at: Pointer): void {
  heap.view(dtype, at, array.length).set(array);
}

/**
 * The result at `at` as the caller wants it: a live view where `out` lies in the module's memory, `out` filled, or a new
 * array of the caller's own.
 */
export function copyOut<D extends DType>(
  heap: Heap,
  dtype: D,
  at: Pointer,
  length: number,
  out: Placed | null,
): ArrayOf<D> {
  const result = heap.view(dtype, at, length);
  if (out === null) return new ARRAYS[dtype](result) as ArrayOf<D>;
  if (out.at !== null) return out.array.length === length ? (out.array as ArrayOf<D>) : result;
  out.array.set(result);
  return out.array as ArrayOf<D>;
}

/**
 * Refuses an output inside the module's memory that shares bytes with an input or another output there: kernels would
 * read what they have just written.
 * @throws RangeError
 */
export function checkOverlap(caller: string, outputs: readonly Placed[], inputs: readonly Placed[]): void {
  for (const [i, out] of outputs.entries()) {
    for (const other of [...inputs, ...outputs.slice(i + 1)]) {
      if (overlap(out, other)) throw new RangeError(`${caller}: ${out.name} overlaps ${other.name} in memory`);
    }
  }
}

function overlap(a: Placed, b: Placed): boolean {
  // Two arrays of the caller's own may overlap: inputs are copied in before an output is copied out.
  if (a.at === null || b.at === null) return false;
  return a.at < b.at + bytesOf(b) && b.at < a.at + bytesOf(a);
}

function bytesOf({ array, length }: Placed): number {
  return length * array.BYTES_PER_ELEMENT;
}

/** Blocks that live for one call. */
export class Temporary {
  readonly #heap: Heap;
  readonly #dtype: DType;
  readonly #blocks: Pointer[] = [];

  constructor(heap: Heap, dtype: DType) {
    this.#heap = heap;
    this.#dtype = dtype;
  }

  /** The pointer of an input: its own, or that of a copy. */
  input(placed: Placed): Pointer {
    if (placed.at !== null) return placed.at;
    const at = this.block(placed.length);
    copyIn(this.#heap, this.#dtype, placed.array, at);
    return at;
  }

  /** The pointer that the kernels write to: the output's own, or that of a block to be copied out. */
  output(out: Placed | null, length: number): Pointer {
    return out?.at ?? this.block(length);
  }

  block(length: number): Pointer {
    const at = this.#heap.allocate(length * elementBytes(this.#dtype));
    this.#blocks.push(at);
    return at;
  }

  /** Returns every block. */
  release(): void {
    for (const at of this.#blocks) this.#heap.free(at);
  }
}
