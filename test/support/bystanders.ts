/** Tensors that no call names. Each holds a number of its own, and must go on doing so whatever is computed beside it. */
import { type Tensor, tensor } from "affine-wasm";

export class Bystanders {
  readonly #tensors: Tensor[] = [];

  /** Takes memory: blocks of `length` floats, of which the first lie where something else has just been returned. */
  settle(length = 64, count = 40): void {
    for (let i = 0; i < count; i++) {
      const each = tensor(length);
      this.#tensors.push(each);
      each.data.fill(1000 + this.#tensors.length);
    }
  }

  /** How many of their floats have changed; the number of those looked at must not be 0. */
  harmed(): number {
    if (this.#tensors.length === 0) throw new Error("bystanders: none have settled");
    let harmed = 0;
    for (const [i, { data }] of this.#tensors.entries()) {
      for (const value of data) if (value !== 1001 + i) harmed++;
    }
    return harmed;
  }

  dispose(): void {
    for (const each of this.#tensors) each.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Runs a call, which may throw, and returns what it threw. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** A Float32Array whose class takes other arguments than its base: `subarray` and `slice` call its constructor. */
export class Matrix extends Float32Array {
  constructor(rows: number, columns: number) {
    super(rows * columns);
  }

  static of2(rows: number, columns: number, value: (i: number) => number): Matrix {
    const made = new Matrix(rows, columns);
    for (let i = 0; i < made.length; i++) made[i] = value(i);
    return made;
  }
}

/** A Float32Array that says it is longer than it is, or shorter. */
export function lying(length: number, says: number): Float32Array {
  class Liar extends Float32Array {
    override get length(): number {
      return says;
    }
  }
  return new Liar(length);
}
