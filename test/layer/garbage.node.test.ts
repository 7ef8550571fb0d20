/** What a step leaves for the garbage collector, which only Node tells. */
import { Affine, tensor } from "affine-wasm";
import { expect, it } from "vitest";
import { garbageOfShared } from "../support/allShared.js";

/** Bytes of the passes of a step, of four calls and five products: an object of a single call is 16. */
const PASSES = 12 + 5 * garbageOfShared;
/**
 * Bytes of the whole step. V8 boxes the rate in up to four of the calls of axpy, as it happens to compile them: 65 bytes, on
 * Node 22 in one run of many.
 */
const LIMIT = 80 + 5 * garbageOfShared;

it("memory of the JavaScript heap is not used by a warm training step on tensors", () => {
  using first = new Affine(20, 10, { activation: "relu" });
  using second = new Affine(10, 3);
  const [x, h, dh, y, dy] = [80, 40, 40, 12, 12].map((length) => tensor(length).data) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [toHidden, noInput] = [{ out: dh }, { inputGradient: false } as const];
  const passes = (count: number) => {
    for (let i = 0; i < count; i++) {
      first.forward(x, h);
      second.forward(h, y);
      second.backward(dy, toHidden);
      first.backward(dh, noInput);
    }
  };
  expect(garbageOf(passes), "bytes of the passes of a step: no object of any call").toBeLessThan(PASSES);
  const steps = (count: number) => {
    for (let i = 0; i < count; i++) {
      first.forward(x, h);
      second.forward(h, y);
      second.backward(dy, toHidden);
      first.backward(dh, noInput);
      first.step(0.1);
      second.step(0.1);
    }
  };
  expect(garbageOf(steps), "bytes a step: numbers that V8 boxes, and no object of 16 bytes for each call").toBeLessThan(
    LIMIT,
  );
});

/** Bytes of each of many repetitions, once they are warm. */
function garbageOf(repeat: (count: number) => void): number {
  repeat(8000);
  // The median of many short rounds: a collection, which would hide what was left, falls into few of them.
  const rounds = Array.from({ length: 21 }, () => {
    const before = process.memoryUsage().heapUsed;
    repeat(500);
    return (process.memoryUsage().heapUsed - before) / 500;
  });
  return rounds.sort((a, b) => a - b)[10] as number;
}
