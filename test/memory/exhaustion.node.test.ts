/** Memory that cannot be had, for real: 4 GiB are the end of a 32-bit module's, and engines have limits of their own. */
import { Affine, backward, forward, memoryUsage, type Tensor, tensor, warmup } from "affine-wasm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Heap } from "../../src/memory/heap.js";
import { eachCase } from "../support/cases.js";
import { expectSameBits } from "../support/reference.js";

const f32 = (length: number) => new Float32Array(length).fill(0.5);
const used = () => memoryUsage().used;

/** Holds a call to a RangeError that names it, and that leaves every byte as it was. */
function expectExhausted(caller: string, call: () => unknown): void {
  const before = used();
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, caller).toBeInstanceOf(RangeError);
  expect((thrown as Error).message).toMatch(
    new RegExp(`^${caller}: out of memory: \\d+ (bytes|values for a result) wanted`),
  );
  expect((thrown as Error).cause, "what the engine said").toBeInstanceOf(Error);
  expect(used(), `${caller}: bytes in use`).toBe(before);
}

describe("a result that the engine makes no array for", () => {
  const wide = 2 ** 20;

  it("is refused by name, and the layer can be used on", () => {
    using layer = new Affine(1, wide, { initializer: "zeros" });
    expectExhausted("forward", () => layer.forward(f32(wide)));
    expect(() => layer.backward(f32(wide))).toThrow("backward: call forward first");
    expect(layer.forward(f32(1)).length).toBe(wide);
    expect(layer.backward(f32(wide)).length).toBe(1);
    const shape = { batch: wide, inFeatures: 1, outFeatures: wide };
    expectExhausted("forward", () => forward({ x: f32(wide), weight: f32(wide) }, shape));
    const biasOnly = { batch: 0, inFeatures: 0, outFeatures: wide };
    expect(forward({ x: f32(0), weight: f32(0), bias: f32(wide) }, { ...biasOnly, batch: 1 }).length).toBe(wide);
    expectExhausted("forward", () => forward({ x: f32(0), weight: f32(0) }, { ...biasOnly, batch: wide }));
  });
});

describe("the last pages below 4 GiB", () => {
  it("can be had to the last byte, though they are fewer than memory grows by otherwise", () => {
    const heap = new Heap();
    const limit = 65535 * 65536;
    const first = heap.allocate(64);
    heap.allocate(limit - first - 64 - 3 * 65536);
    expect(heap.buffer.byteLength).toBe(limit - 3 * 65536);
    const at = heap.allocate(65536 + 1);
    expect(heap.buffer.byteLength).toBe(limit);
    expect(heap.allocate(limit - at - 65536 - 64)).toBe(at + 65536 + 64);
    expect(() => heap.allocate(1)).toThrow(/^out of memory: 64 bytes wanted/);
  });
});

describe("with all memory taken but three megabytes", () => {
  const held: Tensor[] = [];
  let empty: number;
  let full: number;

  // Once for all tests: memory that comes back is no longer untouched, so to take it again is slow.
  beforeAll(() => {
    empty = used();
    using room = tensor(3 * 2 ** 18);
    for (let bytes = 2 ** 31; bytes >= 1024; bytes /= 2) {
      try {
        for (;;) held.push(tensor(bytes / 8, "float64"));
      } catch (error) {
        expect((error as Error).message).toMatch(/^tensor: out of memory: \d+ bytes wanted, \d+ in use/);
      }
    }
    expect(memoryUsage().total).toBeGreaterThan(2 ** 31);
    full = used() - 4 * room.length;
  });
  afterEach(() => {
    expect(used()).toBe(full);
  });
  afterAll(() => {
    for (const each of held) each.dispose();
    expect(used()).toBe(empty);
    using again = tensor(2 ** 22);
    expect(again.data.every((value) => value === 0)).toBe(true);
  });

  it("tensors, layers and passes say so by name, and what fits still works", () => {
    using layer = new Affine(100, 50, { seed: 1, activation: "relu" });
    const y = layer.forward(f32(100));
    const dx = layer.backward(y);
    const shape = { batch: 1, inFeatures: 1000, outFeatures: 1000 };
    const functional = { x: f32(1000), weight: f32(1_000_000), dy: f32(1000) };
    const calls: [string, () => unknown][] = [
      ["tensor", () => tensor(2 ** 20)],
      ["warmup", () => withoutRoom(() => warmup())],
      ["Affine", () => new Affine(1000, 1000)],
      ["Affine", () => new Affine(1, 500_000)], // room for W, none for b
      ["forward", () => layer.forward(f32(100 * 10_000))],
      ["forward", () => layer.forward(f32(100 * 6000))], // room for X, none for Y
      ["forward", () => forward(functional, shape)],
      ["backward", () => backward(functional, shape)],
    ];
    eachCase(calls, ([caller, call]) => {
      expectExhausted(caller, call);
      expect(layer.backward(y), "the last forward can still be completed").toEqual(dx);
      expect(layer.forward(f32(100))).toEqual(y);
      new Affine(20, 10).dispose();
    });
  });

  it("a backward that finds no room for the gradients leaves none that step would use", () => {
    // Of 3 MB: W, b and Y take 1.9, so there is room for dW (0.6) and then none for db.
    using layer = new Affine(1, 160_000, { seed: 1 });
    const weight = layer.weight.slice();
    const y = layer.forward(f32(1));
    expectExhausted("backward", () => layer.backward(y));
    expectExhausted("dWeight", () => layer.dWeight);
    expectExhausted("dBias", () => layer.dBias);
    expect(() => layer.step(1)).toThrow("step: call backward first");
    expectSameBits(layer.weight, weight, "weight");
    expectSameBits(layer.forward(f32(1)), y, "y");
  });

  it("a backward that finds no room for its copies changes no gradient, and leaves none that step would use", () => {
    const batch = 100_000;
    using x = tensor(2 * batch);
    using out = tensor(3 * batch);
    eachCase([false, true], (trained) => {
      using layer = new Affine(2, 3, { seed: 1 });
      if (trained) layer.backward(layer.forward(f32(2)));
      const before = trained ? [layer.dWeight.slice(), layer.dBias?.slice()] : [];
      layer.forward(x.data, out.data);
      const dy = f32(3 * batch);
      expectExhausted("backward", () => layer.backward(dy)); // 1.2 MB, and 0.8 for dX
      if (trained) expect([layer.dWeight, layer.dBias]).toEqual(before);
      else expect(() => layer.step(1)).toThrow("step: call backward first");
      expect(layer.backward(out.data, { inputGradient: false })).toBeNull();
      expect([...(layer.dBias as Float32Array)]).toEqual([0, 0, 0]);
    });
  });

  /** Runs `call` with the three megabytes taken, too. */
  function withoutRoom(call: () => unknown): void {
    const taken: Tensor[] = [];
    try {
      for (let bytes = 2 ** 21; bytes >= 1024; bytes /= 2) {
        try {
          for (;;) taken.push(tensor(bytes / 4));
        } catch {}
      }
      call();
    } finally {
      for (const each of taken) each.dispose();
    }
  }
});
