/** That all memory of layers and tensors comes back, and whose it is until then. */

import { Affine, backward, forward, memoryUsage, tensor, warmup } from "affine-wasm";
import { describe, expect, it, vi } from "vitest";
import { DTYPES, eachCase, randomFrom } from "../support/cases.js";
import { hasGrownSince } from "../support/grown.js";

describe("memory", () => {
  it("comes back, every byte, when layers and tensors are disposed", () => {
    const before = memoryUsage().used;
    eachCase(["float32", "float64"] as const, (dtype) => {
      const layer = new Affine(30, 20, { dtype, activation: "relu" });
      const held = tensor(100, dtype);
      eachCase([1, 50, 3], (batch) => {
        const y = layer.forward(held.data.constructor === Float32Array ? f32(batch * 30) : f64(batch * 30));
        layer.backward(y);
      });
      expect(memoryUsage().used).toBeGreaterThan(before);
      layer.dispose();
      held.dispose();
      expect(memoryUsage().used).toBe(before);
    });
  });

  it("is returned once, however often its owner is disposed, and never from under its next owner", () => {
    const before = memoryUsage().used;
    const [first, layer] = [tensor(100), new Affine(10, 10)];
    const at = first.pointer;
    first.dispose();
    layer.dispose();
    using next = tensor(100);
    using other = new Affine(10, 10, { seed: 1 });
    expect(next.pointer).toBe(at);
    const [weight, held] = [other.weight.slice(), memoryUsage().used];
    for (let i = 0; i < 3; i++) {
      first.dispose();
      layer.dispose();
    }
    expect(memoryUsage().used).toBe(held);
    expect([first.disposed, next.disposed]).toEqual([true, false]);
    expect(() => first.data).toThrow(new ReferenceError("tensor: used after dispose()"));
    using third = tensor(100);
    third.data.fill(7);
    expect(next.data.every((value) => value === 0)).toBe(true);
    expect(other.weight).toEqual(weight);
    expect(held).toBeGreaterThan(before);
  });

  it("is returned by `using`", () => {
    const before = memoryUsage().used;
    {
      using layer = new Affine(3, 4);
      using values = tensor(3);
      layer.forward(values.data);
    }
    expect(memoryUsage().used).toBe(before);
  });

  it("stays flat over 10,000 calls of mixed shapes", () => {
    const random = randomFrom(22);
    const size = () => Math.floor((random() + 1) * 12);
    const call = () => {
      const shape = { batch: size(), inFeatures: size(), outFeatures: size() };
      const weight = f32(shape.inFeatures * shape.outFeatures);
      const [x, dy] = [f32(shape.batch * shape.inFeatures), f32(shape.batch * shape.outFeatures)];
      forward({ x, weight }, shape);
      backward({ x, weight, dy }, shape);
      using layer = new Affine(5, 4, { seed: 1 });
      layer.backward(layer.forward(f32(5 * shape.batch)));
    };
    for (let i = 0; i < 100; i++) call();
    const [used, total] = [memoryUsage().used, memoryUsage().total];
    expect(eachCase(Array(10_000).keys(), call)).toBe(10_000);
    expect(memoryUsage().used).toBe(used);
    expect(memoryUsage().total).toBe(total);
  });

  it("that a layer's buffers take when a batch grows is no one else's", () => {
    using layer = new Affine(20, 10, { seed: 1 });
    layer.backward(layer.forward(f32(20)));
    using neighbour = tensor(100_000);
    neighbour.data.fill(7);
    layer.backward(layer.forward(f32(20 * 3000)));
    expect(neighbour.data.every((value) => value === 7)).toBe(true);
  });

  it("that cannot be had for a batch changes nothing: the forward before it can still be completed", () => {
    using layer = new Affine(20, 10, { seed: 1, activation: "relu" });
    const y = layer.forward(f32(20));
    const dx = layer.backward(y);
    const refuse = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
      throw new RangeError("no more pages");
    });
    const tooMany = Math.ceil(memoryUsage().total / 80) + 1;
    expect(() => layer.forward(f32(20 * tooMany))).toThrow(/^forward: out of memory: \d+ bytes wanted/);
    refuse.mockRestore();
    expect(layer.backward(y)).toEqual(dx);
    expect(layer.forward(f32(20))).toEqual(y);
  });

  it("is returned when the second of two buffers cannot be had", () => {
    using layer = new Affine(1, 50);
    layer.forward(f32(1));
    const before = memoryUsage().used;
    const refuse = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
      throw new RangeError("no more pages");
    });
    const batch = Math.ceil(memoryUsage().total / 200);
    expect(() => layer.forward(f32(batch))).toThrow(/^forward: out of memory/);
    refuse.mockRestore();
    expect(memoryUsage().used).toBe(before);
  });

  it("is returned by warmup, which leaves results as they are", () => {
    const before = memoryUsage().used;
    eachCase(DTYPES, (dtype) => warmup(dtype, 5));
    expect(memoryUsage().used).toBe(before);
    using layer = new Affine(1, 1);
    layer.weight.set([3]);
    expect([...layer.forward(Float32Array.of(2))]).toEqual([6]);
    expect(() => warmup("float16" as never)).toThrow(RangeError);
    expect(() => warmup("float32", Number.NaN)).toThrow(RangeError);
  });

  it("keeps the values of weights and tensors when it grows", () => {
    using layer = new Affine(4, 3, { seed: 5 });
    using values = tensor(4);
    values.data.set([1, 2, 3, 4]);
    const [weight, stale] = [layer.weight.slice(), layer.weight];
    const y = layer.forward(values.data);
    using grown = tensor(memoryUsage().total / 4);
    expect(grown.data.length).toBeGreaterThan(0);
    expect(hasGrownSince(stale, layer.weight)).toBe(true);
    expect(layer.weight).toEqual(weight);
    expect([...values.data]).toEqual([1, 2, 3, 4]);
    expect(layer.forward(values.data)).toEqual(y);
  });

  it("is shared with the caller: tensors are used in place and results written into them", () => {
    using layer = new Affine(2, 2);
    layer.weight.set([1, 2, 3, 4]);
    layer.bias?.set([10, 20]);
    using x = tensor(2);
    using y = tensor(2);
    x.data.set([1, 1]);
    const result = layer.forward(x.data, y.data);
    expect(result).toBe(y.data);
    expect([...y.data]).toEqual([14, 26]);
    using dx = tensor(2);
    expect(layer.backward(y.data, { out: dx.data })).toBe(dx.data);
    expect([...dx.data]).toEqual([14 + 52, 42 + 104]);
  });
});

describe("inputs", () => {
  it("are never changed", () => {
    using layer = new Affine(3, 2, { activation: "relu", seed: 9 });
    const x = Float32Array.of(1, -2, 3, 4, 5, -6);
    const dy = Float32Array.of(-1, 2, 3, -4);
    layer.forward(x);
    layer.backward(dy);
    using inside = tensor(4);
    inside.data.set(dy);
    layer.backward(inside.data);
    expect([...x]).toEqual([1, -2, 3, 4, 5, -6]);
    expect([...dy]).toEqual([-1, 2, 3, -4]);
    expect([...inside.data]).toEqual([-1, 2, 3, -4]);
  });
});

const f32 = (length: number) => new Float32Array(length).fill(0.5);
// The layer of the loop above is typed by a union of dtypes, which no single array type satisfies.
const f64 = (length: number) => new Float64Array(length).fill(0.5) as never;
