/** Arrays in linear memory with canaries on both sides, and the numbers to fill them with. */
import { expect } from "vitest";
import { type ArrayOf, type DType, elementBytes } from "../../../src/common/dtype.js";
import { arrayOf, randomFrom } from "../cases.js";
import { heap } from "./raw.js";

const GUARD = 16;
const CANARY = 12345;

export interface Block<D extends DType> {
  readonly at: number;
  /** A live view. */
  inside(): ArrayOf<D>;
  expectCanaries(what: string): void;
  free(): void;
}

/** An array of `values`; `shift` elements off the alignment that the heap gives. */
export function block<D extends DType>(dtype: D, values: ArrayLike<number>, shift = 0): Block<D> {
  const before = GUARD + shift;
  const length = values.length;
  const start = heap.allocate((before + length + GUARD) * elementBytes(dtype));
  const all = () => heap.view(dtype, start, before + length + GUARD);
  all().fill(CANARY);
  const inside = () => all().subarray(before, before + length) as ArrayOf<D>;
  inside().set(values);
  return {
    at: start + before * elementBytes(dtype),
    inside,
    expectCanaries(what) {
      const canaries = [...all().subarray(0, before), ...all().subarray(before + length)];
      if (canaries.some((value) => value !== CANARY)) expect.fail(`${what}: written outside`);
    },
    free: () => heap.free(start),
  };
}

/** Int32 numbers in linear memory. */
export function integers(values: readonly number[]): { at: number; free(): void } {
  const at = heap.allocate(4 * values.length);
  new Int32Array(heap.buffer, at, values.length).set(values);
  return { at, free: () => heap.free(at) };
}

/** Runs `test` on blocks of the given values, checks their canaries and returns them to the heap. */
export function withBlocks<R>(
  dtype: DType,
  values: readonly ArrayLike<number>[],
  test: (...blocks: Block<DType>[]) => R,
  shift = 0,
): R {
  const blocks = values.map((each) => block(dtype, each, shift));
  try {
    const result = test(...blocks);
    blocks.forEach((each, i) => {
      each.expectCanaries(`operand ${i} of length ${values[i]?.length}`);
    });
    return result;
  } finally {
    for (const each of blocks) each.free();
  }
}

/** `length` numbers from [-size, size), rounded to `dtype`. */
export function randoms(dtype: DType, length: number, size: number, seed: number): ArrayOf<DType> {
  const random = randomFrom(seed);
  return arrayOf(dtype, length, () => size * random());
}

/** Positive numbers of every magnitude from `from` to `to`, rounded to `dtype`. */
export function magnitudes(dtype: DType, from: number, to: number, count: number): ArrayOf<DType> {
  const step = (Math.log2(to) - Math.log2(from)) / (count - 1);
  return arrayOf(dtype, count, (i) => 2 ** (Math.log2(from) + i * step));
}
