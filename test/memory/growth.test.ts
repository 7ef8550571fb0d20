/**
 * Memory that grows in the middle of a call detaches every view of it: nothing may be read off a view after that. Memory that
 * threads share detaches none: there, old views show the same bytes as new ones.
 */

import { Affine, backward, memoryUsage, type Tensor, tensor } from "affine-wasm";
import { describe, expect, it } from "vitest";
import { hasGrownSince, showSame } from "../support/grown.js";

type Tensor32 = Tensor<"float32">;

const MIB = 2 ** 20;
/** Values of an array that fits nowhere in memory that is `full`. */
const LENGTH = MIB / 4;

/**
 * Takes what is free, but for pieces of less than 64 KiB and what is left of the MiB by which memory grew last: whatever
 * ran before, an array of a MiB makes it grow. Filling it with arrays as large as all memory took more than some hosts have.
 */
function full(): Disposable {
  const { total } = memoryUsage();
  const held: Tensor[] = [];
  while (memoryUsage().total === total) held.push(tensor(LENGTH / 16));
  return {
    [Symbol.dispose]() {
      for (const each of held) each.dispose();
    },
  };
}

const f32 = (length: number) => new Float32Array(length).fill(0.5);

describe("memory", () => {
  it("that grows during a pass leaves a live view of an output inside it", () => {
    using layer = new Affine(1, 1);
    layer.weight.set([2]);
    using _ = full();
    const batch = LENGTH;
    using y = tensor(batch);
    const stale = y.data;
    const result = layer.forward(f32(batch), stale);
    expect(hasGrownSince(stale, y.data), "the memory grew").toBe(true);
    expect([result.byteOffset, showSame(result, y.data)]).toEqual([y.pointer, true]);
    expect(result[batch - 1]).toBe(1);
  });

  it("that grows during backward does not lose the length of a gradient inside it", () => {
    using layer = new Affine(1, 1, { activation: "relu" });
    layer.weight.set([2]);
    using _ = full();
    const batch = LENGTH;
    const [x, y, dy, dx] = [0, 0, 0, 0].map(() => tensor(batch)) as [Tensor32, Tensor32, Tensor32, Tensor32];
    x.data.fill(1);
    layer.forward(x.data, y.data);
    dy.data.fill(3);
    const stale = dy.data;
    const result = layer.backward(stale, { out: dx.data });
    expect(hasGrownSince(stale, dy.data), "the memory grew").toBe(true);
    expect([result.length, result[0], result[batch - 1], dx.data[batch - 1]]).toEqual([batch, 6, 6, 6]);
    expect(layer.dWeight[0]).toBe(3 * batch);
    for (const each of [x, y, dy, dx]) each.dispose();
  });

  it("that grows during the functional backward does not lose the length of an operand or result inside it", () => {
    using _ = full();
    const inFeatures = LENGTH;
    const [weight, dx] = [tensor(inFeatures), tensor(inFeatures)];
    weight.data.fill(2);
    const x = new Float32Array(inFeatures).fill(5);
    const stale = weight.data;
    const shape = { batch: 1, inFeatures, outFeatures: 1 };
    const result = backward({ x, weight: stale, dy: Float32Array.of(3) }, shape, { dx: dx.data });
    expect(hasGrownSince(stale, weight.data), "the memory grew").toBe(true);
    expect([result.dx.length, result.dx[0], dx.data[inFeatures - 1]]).toEqual([inFeatures, 6, 6]);
    expect([result.dWeight.length, result.dWeight[0], result.dWeight[inFeatures - 1]]).toEqual([inFeatures, 15, 15]);
    expect([...result.dBias]).toEqual([3]);
    for (const each of [weight, dx]) each.dispose();
  });
});
