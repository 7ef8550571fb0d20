/** What becomes of memory whose owner was dropped instead of disposed. Only engines that collect on demand can tell. */
import { Affine, memoryUsage, tensor } from "affine-wasm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Heap } from "../../src/memory/heap.js";
import { Tensor } from "../../src/memory/tensor.js";
import { DTYPES, eachCase } from "../support/cases.js";
import { collectUntil } from "../support/gc.js";

const used = () => memoryUsage().used;

/** What a function makes is out of reach once it has returned; inlined, it might still lie in a register. */
async function drop(make: () => void): Promise<void> {
  await Promise.resolve();
  make();
  await Promise.resolve();
}

/** Waits until something that was dropped later than all before it has been given back. */
async function expectCollected(): Promise<void> {
  const canary = 64 * 123;
  const before = used();
  await drop(() => {
    tensor(canary / 4);
    expect(used()).toBe(before + canary);
  });
  expect(await collectUntil(() => used() < before + canary), "the canary was collected").toBe(true);
  await collectUntil(() => false, 5);
}

describe("memory of what was dropped undisposed", () => {
  it("comes back once a layer and its buffers are garbage", async () => {
    const before = used();
    await drop(() => {
      eachCase(DTYPES, (dtype) => {
        const layer = new Affine(30, 20, { dtype, activation: "relu" });
        const x = dtype === "float32" ? new Float32Array(90) : new Float64Array(90);
        layer.backward(layer.forward(x as never));
        layer.step(0.1);
      });
      expect(used()).toBeGreaterThan(before + 10_000);
    });
    expect(await collectUntil(() => used() === before)).toBe(true);
  });

  it("comes back from a tensor that was never read", async () => {
    const before = used();
    await drop(() => {
      tensor(1000);
    });
    expect(await collectUntil(() => used() === before)).toBe(true);
  });

  it("stays while a view may live: of a tensor that was read, and of a layer's parameters and gradients", async () => {
    const before = used();
    const views: Float32Array[] = [];
    await drop(() => {
      views.push(tensor(16 * 100).data.subarray(3));
      const layer = new Affine(16 * 20, 16, { seed: 1 });
      views.push(layer.weight, layer.bias as Float32Array, layer.dWeight, layer.dBias as Float32Array);
    });
    for (const view of views) view.fill(7);
    const bytes = 4 * 16 * (100 + 2 * (16 * 20 + 1));
    await expectCollected();
    expect(used()).toBe(before + bytes);
    using next = tensor(1000);
    next.data.fill(1);
    eachCase(views, (view) => expect(view.every((value) => value === 7)).toBe(true));
  });

  it("comes back in part from a layer of which one view was read", async () => {
    tensor(100_000).dispose(); // room for all that follows: growth would detach the view
    const before = used();
    let bias: Float32Array | null = null;
    await drop(() => {
      const layer = new Affine(100, 16);
      layer.forward(new Float32Array(1000));
      bias = layer.bias;
    });
    expect(await collectUntil(() => used() <= before + 64)).toBe(true);
    await expectCollected();
    expect(used()).toBe(before + 64);
    expect(bias).toHaveLength(16);
  });

  it("is not taken from who has it now: what was disposed is not returned a second time", async () => {
    const [first, second] = [tensor(1000), new Affine(10, 10)];
    const at = first.pointer;
    await drop(() => {
      tensor(5000).dispose();
      const layer = new Affine(40, 30);
      layer.forward(new Float32Array(400));
      layer.dispose();
    });
    first.dispose();
    second.dispose();
    const owner = tensor(1000);
    expect(owner.pointer).toBe(at);
    const rest = Array.from({ length: 20 }, () => tensor(1000));
    const before = used();
    await expectCollected();
    expect(used()).toBe(before);
    for (const each of [owner, ...rest]) each.dispose();
  });

  it("is not touched while the owner lives, however often garbage is collected", async () => {
    const layer = new Affine(50, 40, { seed: 2 });
    const x = new Float32Array(500).fill(0.5);
    const y = layer.forward(x);
    const before = used();
    await expectCollected();
    expect(used()).toBe(before);
    expect(layer.forward(x)).toEqual(y);
    layer.dispose();
  });
});

describe("an engine without FinalizationRegistry", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("has tensors all the same; what is not disposed stays", async () => {
    vi.stubGlobal("FinalizationRegistry", undefined);
    const heap = new Heap();
    vi.unstubAllGlobals();
    await drop(() => {
      new Tensor(heap, 100, "float32", "test");
      const read = new Tensor(heap, 100, "float32", "test");
      expect(read.data).toHaveLength(100);
      read.dispose();
      new Tensor(heap, 100, "float32", "test").dispose();
    });
    await expectCollected();
    expect(heap.bytesInUse).toBe(448);
  });
});
