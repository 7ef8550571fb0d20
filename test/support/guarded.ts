/** Blocks on the heap that tell when something was written beside them, and scratch that shows when it is read unwritten. */
import { expect } from "vitest";
import { type ArrayOf, type DType, elementBytes } from "../../src/common/dtype.js";
import { exports, heap, scratch } from "./raw.js";

/** A block with canaries on both sides; `inside` starts as NaN. */
export function guarded<D extends DType>(dtype: D, length: number) {
  const guard = 16;
  const at = heap.allocate((length + 2 * guard) * elementBytes(dtype));
  const all = () => heap.view(dtype, at, length + 2 * guard);
  all().fill(12345);
  const inside = () => all().subarray(guard, guard + length) as ArrayOf<D>;
  inside().fill(Number.NaN);
  return {
    at: at + guard * elementBytes(dtype),
    inside,
    expectCanaries: () => {
      const canaries = [...all().subarray(0, guard), ...all().subarray(guard + length)];
      expect(canaries).toEqual(new Array(2 * guard).fill(12345));
    },
    free: () => heap.free(at),
  };
}

const scratchBytes = () => exports.scratchBytes.value;
export const poisonScratch = () => heap.view("float32", scratch, scratchBytes() / 4).fill(Number.NaN);
