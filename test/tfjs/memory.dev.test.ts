/** The memory of the `wasm` backend where it is not as usual: shared between threads, or at its end. */
import { register, restore } from "affine-wasm/tfjs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { difference, randomNumbers, randomTensor, reference, tf } from "./setup.js";
import { type Backend, useThreadedBuild } from "./threaded.js";

const small = [1, 2, 3, 4];
const product = [7, 10, 15, 22];
const square = () => tf.tensor2d(small, [2, 2]);

beforeEach(async () => {
  await tf.setBackend("wasm");
});
afterEach(() => {
  vi.restoreAllMocks();
  // So that the next test finds no backend that keeps its own kernels.
  restore();
  register();
});

/** The original kernels, to see whether they are asked while ours are registered. */
function originals(): { calls: () => number } {
  restore();
  const spies = ["BatchMatMul", "_FusedMatMul"].map((name) => vi.spyOn(tf.getKernel(name, "wasm"), "kernelFunc"));
  register();
  return { calls: () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0) };
}

describe("the backend's build with threads", () => {
  let end: () => Promise<void>;
  beforeEach(async () => {
    end = await useThreadedBuild();
  });
  afterEach(() => end());

  it("has its products computed in place, also after its memory has grown", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const asked = originals();
    const random = randomNumbers(5);
    const check = () =>
      tf.tidy(() => {
        const [a, b, bias] = [
          randomTensor(random, [3, 5, 40]),
          randomTensor(random, [40, 9]),
          randomTensor(random, [9]),
        ];
        const problem = { a, b, transposeA: false, transposeB: false };
        expect(difference(tf.matMul(a, b), reference(problem))).toBeNull();
        const [flat, activation] = [tf.reshape(a, [15, 40]), "sigmoid" as const];
        const fused = tf.fused.matMul({ a: flat, b, bias, activation } as Parameters<typeof tf.fused.matMul>[0]);
        expect(difference(fused, reference({ ...problem, a: flat, bias, activation }))).toBeNull();
      });
    check();
    const before = (tf.backend() as Backend).wasm.HEAPU8.length;
    const big = tf.zeros([3000, 3000]);
    expect((tf.backend() as Backend).wasm.HEAPU8.length).toBeGreaterThan(before);
    check();
    big.dispose();
    expect(asked.calls()).toBe(0);
    expect(warn).not.toHaveBeenCalled();
  });

  it("that has no memory left gets an error, and nothing is written to address 0", () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const a = square();
    tf.matMul(a, a).dispose();
    expectNoWrite(() => tf.matMul(a, a));
  });
});

/** Holds a call for which the allocator has no room to its error, and to leaving memory and tensors as they were. */
function expectNoWrite(call: () => tf.Tensor): void {
  const { wasm } = tf.backend() as Backend;
  const count = tf.memory().numTensors;
  const ids = tf.backend().numDataIds();
  // The first bytes after 0 are the module's own.
  const before = wasm.HEAPU8.slice(0, 1024);
  const malloc = vi.spyOn(wasm, "_malloc").mockReturnValue(0);
  const message = /^affine-wasm\/tfjs: out of memory for a product of shape \[(1,)?2,2\]$/;
  expect(call).toThrow(RangeError);
  expect(call).toThrow(message);
  expect(malloc).toHaveBeenCalledTimes(2);
  expect(wasm.HEAPU8.slice(0, 1024)).toEqual(before);
  expect(tf.memory().numTensors).toBe(count);
  expect(tf.backend().numDataIds()).toBe(ids);
  malloc.mockRestore();
  expect([...call().dataSync()]).toEqual(product);
}

describe("an allocator that returns 0", () => {
  it("for a product makes an error, and nothing is written to address 0", () => {
    const a = square();
    tf.matMul(a, a).dispose();
    const asked = originals();
    tf.matMul(a, a).dispose();
    expectNoWrite(() => tf.matMul(a, a));
    expectNoWrite(() => tf.fused.matMul({ a, b: a, activation: "linear" }));
    expect(asked.calls()).toBe(0);
    // No bytes need no room.
    const empty = tf.zeros([0, 2]);
    vi.spyOn((tf.backend() as Backend).wasm, "_malloc").mockReturnValue(0);
    expect(tf.matMul(empty, a).shape).toEqual([0, 2]);
  });

  it("for the kernels' scratch space leaves the backend its own kernels, with one warning", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const a = square();
    const asked = originals();
    const { wasm } = tf.backend() as Backend;
    const malloc = wasm._malloc;
    vi.spyOn(wasm, "_malloc").mockReturnValueOnce(0).mockImplementation(malloc);
    for (let i = 0; i < 2; i++) expect([...tf.matMul(a, a).dataSync()]).toEqual(product);
    expect(asked.calls()).toBe(2);
    expect(warn.mock.calls).toEqual([
      ["affine-wasm/tfjs: the wasm backend keeps its own kernels: no memory for the kernels' scratch space"],
    ]);
  });
});

describe("an activation of its own kernel", () => {
  const fused = (a: tf.Tensor2D, activation: tf.fused.Activation) =>
    tf.fused.matMul({ a, b: a, activation, preluActivationWeights: tf.zeros([2]) });

  it("leaves one tensor, its result", () => {
    const a = square();
    for (const activation of ["sigmoid", "elu", "relu6", "prelu", "leakyrelu"] as const) {
      const before = tf.backend().numDataIds();
      tf.tidy(() => fused(a, activation)).dispose();
      expect(tf.backend().numDataIds(), activation).toBe(before);
    }
  });

  it("that fails leaves none", () => {
    const a = square();
    tf.matMul(a, a).dispose();
    const sigmoid = tf.getKernel("Sigmoid", "wasm");
    const before = tf.backend().numDataIds();
    vi.spyOn(sigmoid, "kernelFunc").mockImplementation(() => {
      throw new Error("no room");
    });
    expect(() => tf.tidy(() => fused(a, "sigmoid"))).toThrow("no room");
    expect(tf.backend().numDataIds()).toBe(before);
  });
});
