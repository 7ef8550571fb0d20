/** A stretch of linear memory for the operands of one call, with canaries between them. */
import { type DType, elementBytes } from "../../../src/common/dtype.js";
import { heap } from "../../support/raw.js";

/**
 * What surrounds the operands: by turns NaN, and numbers that are all different. A stray write could happen to store the
 * one or the other: what was computed from NaN, or copied from around another operand.
 */
function fillWithCanaries(words: Int32Array, seed: number): void {
  if (seed & 1) words.fill(-1);
  else for (let i = 0; i < words.length; i++) words[i] = 0x45000000 + i;
}

/** The longest vector that a kernel stores, twice over. */
const GUARD = 128;

/** A stretch of memory for the operands of one call. */
export class Arena {
  /** Where it begins. */
  readonly from: number;
  readonly #bytes: number;
  #top: number;

  constructor(seed: number, bytes: number) {
    this.#bytes = Math.ceil((bytes + 16 * GUARD) / 8) * 8;
    this.from = heap.allocate(this.#bytes);
    this.#top = this.from;
    fillWithCanaries(new Int32Array(heap.buffer, this.from, this.#bytes / 4), seed);
  }

  /** The place of `length` elements, at any alignment that the element allows. */
  place(dtype: DType, length: number, alignment: number): number {
    const size = elementBytes(dtype);
    const at = Math.ceil((this.#top + GUARD) / 64) * 64 + (alignment & 15) * size;
    this.#top = at + length * size;
    if (this.#top + GUARD > this.from + this.#bytes) throw new Error("the arena is too small");
    return at;
  }

  /** A copy of all of it. */
  snapshot(): Int32Array {
    return new Int32Array(heap.buffer, this.from, this.#bytes / 4).slice();
  }

  /** The address of the first byte that is not as in `snapshot`, and outside of the rows of an output; -1 if there is none. */
  changed(snapshot: Int32Array, { at, rows, rowBytes, step }: Written): number {
    const bytes = new Uint8Array(snapshot.buffer);
    const now = new Uint8Array(heap.buffer, this.from, this.#bytes);
    for (let row = 0; row < rows; row++) {
      const from = at - this.from + row * step;
      bytes.set(now.subarray(from, from + rowBytes), from);
    }
    const nowWords = new Int32Array(heap.buffer, this.from, this.#bytes / 4);
    for (let i = 0; i < snapshot.length; i++) if (snapshot[i] !== nowWords[i]) return this.from + 4 * i;
    return -1;
  }

  free(): void {
    heap.free(this.from);
  }
}

/** The rows that a call may write, in bytes. */
export interface Written {
  readonly at: number;
  readonly rows: number;
  readonly rowBytes: number;
  readonly step: number;
}
