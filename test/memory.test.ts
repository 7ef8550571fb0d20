/** Who owns which bytes, and that all come back. */

import { Affine, backward, forward, memoryUsage, tensor, warmup } from "affine-wasm";
import { describe, expect, it, vi } from "vitest";
import { Heap } from "../src/memory.js";
import { DTYPES, eachCase, randomFrom } from "./cases.js";

describe("the heap", () => {
  it("ends below 4 GiB, where a 32-bit pointer to the end of a block would wrap to 0", () => {
    const own = new Heap();
    expect(() => own.allocate(2 ** 32 - 1024)).toThrow(RangeError);
    expect(own.allocate(64)).toBe(1024);
  });

  it("hands out blocks that do not overlap, and gives the same addresses again once all are back", () => {
    const own = new Heap();
    const random = randomFrom(21);
    const live = new Map<number, number>();
    eachCase(Array(2000).keys(), () => {
      if (live.size > 0 && random() > 0.1) {
        const at = [...live.keys()][Math.floor(((random() + 1) / 2) * live.size)] as number;
        own.free(at);
        live.delete(at);
      } else {
        const bytes = Math.floor((random() + 1) * 5000);
        const at = own.allocate(bytes);
        expect(at % 64).toBe(0);
        expect(at + bytes).toBeLessThanOrEqual(own.memory.buffer.byteLength);
        for (const [other, size] of live) expect(at + bytes <= other || other + size <= at).toBe(true);
        live.set(at, bytes);
      }
    });
    for (const at of live.keys()) own.free(at);
    expect(own.bytesInUse).toBe(0);
    expect(own.allocate(1)).toBe(new Heap().allocate(1));
  });

  it("joins free neighbours, in whatever order they return, to one block again", () => {
    eachCase(["012", "021", "102", "120", "201", "210"], (order) => {
      const own = new Heap();
      const blocks = [own.allocate(640), own.allocate(640), own.allocate(640)];
      const guard = own.allocate(64);
      for (const i of order) own.free(blocks[Number(i)] as number);
      expect(own.allocate(1920), order).toBe(blocks[0]);
      own.free(guard);
    });
  });

  it("hands out zeros when asked to: where blocks have been, and beyond", () => {
    const own = new Heap();
    eachCase([64, 100, 70_000, 1], (bytes) => {
      own.view("float32", own.allocate(4096), 1024).fill(7);
      const dirty = own.allocate(4096);
      own.view("float32", dirty, 1024).fill(7);
      own.free(dirty);
      const at = own.allocateZeros(bytes);
      expect(at).toBe(dirty);
      expect(new Uint8Array(own.buffer, at, bytes).every((byte) => byte === 0)).toBe(true);
      new Uint8Array(own.buffer, at, bytes).fill(7);
    });
  });

  it("tells which bytes belong to no block", () => {
    const own = new Heap();
    const [a, b, c, d] = [0, 0, 0, 0].map(() => own.allocate(64)) as [number, number, number, number];
    own.free(b);
    const cases: [number, number, boolean][] = [
      [a, 64, false],
      [a, 65, true],
      [b, 64, true],
      [b, 0, false],
      [b - 1, 1, false],
      [b + 63, 1, true],
      [b + 63, 2, true],
      [c, 128, false],
      [a, 256, true],
      [d, 65, true],
      [d + 64, 1, true],
      [d + 64, 0, false],
    ];
    expect(eachCase(cases, ([at, bytes, free]) => expect(own.isFree(at, bytes), `${at} ${bytes}`).toBe(free))).toBe(12);
    own.free(d);
    expect(own.isFree(d, 1)).toBe(true);
    expect(own.isFree(c, 64)).toBe(false);
  });

  it("tells so at any time, whatever was taken, returned and asked before", () => {
    const own = new Heap();
    const random = randomFrom(23);
    const below = (limit: number) => Math.floor(((random() + 1) / 2) * limit);
    const first = own.allocate(64);
    own.free(first);
    /** For each 64 bytes from the first on, whether a block has them. */
    const taken = new Uint8Array(100);
    const live = new Map<number, number>();
    const mark = (at: number, bytes: number, value: number) =>
      taken.fill(value, (at - first) / 64, (at - first + bytes) / 64);
    let answers = 0;
    for (let i = 0; i < 2000; i++) {
      const [at, held] = [...live][below(2 * live.size)] ?? [];
      if (at !== undefined && held !== undefined) {
        own.free(at);
        mark(at, held, 0);
        live.delete(at);
      } else if (live.size < 15) {
        const bytes = 64 * (1 + below(5));
        const made = own.allocate(bytes);
        mark(made, bytes, 1);
        live.set(made, bytes);
      }
      const [from, bytes] = [below(100 * 64), below(400)];
      const spanned = taken.subarray(from >> 6, ((from + bytes - 1) >> 6) + 1);
      const free = bytes > 0 && (spanned.includes(0) || from + bytes > 6400);
      if (own.isFree(first + from, bytes) !== free)
        throw new Error(`${i}: ${bytes} bytes at ${from}: expected ${free}`);
      if (!free && bytes > 0) answers++;
    }
    expect(answers, "ranges that blocks cover").toBeGreaterThan(100);
  });

  it("refuses to free what it has not handed out", () => {
    const own = new Heap();
    const at = own.allocate(10);
    own.free(at);
    expect(() => own.free(at)).toThrow(`free: no block at ${at}`);
  });
});

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
    expect(stale.length).toBe(0);
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
