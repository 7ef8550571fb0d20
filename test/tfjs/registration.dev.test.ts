import { execFileSync } from "node:child_process";
import { register, restore } from "affine-wasm/tfjs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BACKENDS, tf } from "./setup.js";

const KERNELS = ["BatchMatMul", "_FusedMatMul"];
const current = (backendName: string) => KERNELS.map((name) => tf.getKernel(name, backendName));

describe("register and restore", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    register();
  });

  it("replace both kernels on both backends, and put back the very same ones, without a warning", async () => {
    for (const backendName of BACKENDS) await tf.setBackend(backendName);
    const warn = vi.spyOn(console, "warn");
    const ours = BACKENDS.map(current);
    restore();
    const originals = BACKENDS.map(current);
    const registry = BACKENDS.map((name) => tf.getKernelsForBackend(name).map((kernel) => kernel.kernelName));
    expect(registry.flat()).not.toContain("AffineWasm");
    restore();
    expect(BACKENDS.map(current)).toEqual(originals);
    register();
    register();
    for (const [i, kernels] of BACKENDS.map(current).entries()) {
      for (const [j, kernel] of kernels.entries()) {
        expect(kernel).not.toBe(originals[i]?.[j]);
        expect(kernel?.setupFunc).toBe(originals[i]?.[j]?.setupFunc);
        expect(ours[i]?.[j]).not.toBe(originals[i]?.[j]);
      }
    }
    restore();
    for (const [i, kernels] of BACKENDS.map(current).entries()) {
      for (const [j, kernel] of kernels.entries()) expect(kernel).toBe(originals[i]?.[j]);
    }
    expect(warn).not.toHaveBeenCalled();
  });

  it("leave alone what another library has put in their place", async () => {
    await tf.setBackend("cpu");
    const ours = tf.getKernel("BatchMatMul", "cpu");
    const theirs = { ...ours };
    tf.unregisterKernel("BatchMatMul", "cpu");
    tf.registerKernel(theirs);
    restore();
    expect(tf.getKernel("BatchMatMul", "cpu")).toBe(theirs);
    expect([...tf.matMul(tf.tensor2d([2], [1, 1]), tf.tensor2d([3], [1, 1])).dataSync()]).toEqual([6]);
    tf.unregisterKernel("BatchMatMul", "cpu");
    tf.registerKernel(ours);
  });

  it("follow a backend that is ended and started again", async () => {
    const a = [1, 2, 3, 4];
    const product = () => [...tf.tidy(() => tf.matMul(tf.tensor2d(a, [2, 2]), tf.tensor2d(a, [2, 2]))).dataSync()];
    await tf.setBackend("wasm");
    restore();
    const originals = current("wasm");
    register();
    const factory = tf.findBackendFactory("wasm");
    expect(product()).toEqual([7, 10, 15, 22]);
    const { wasm } = tf.backend() as unknown as { wasm: { _free(at: number): void } };
    const free = vi.spyOn(wasm, "_free");
    tf.removeBackend("wasm");
    expect(free).toHaveBeenCalledTimes(1);
    tf.registerBackend("wasm", factory, 2);
    await tf.setBackend("wasm");
    expect(product()).toEqual([7, 10, 15, 22]);
    // Each was replaced once: a second time over, ours would be the originals.
    restore();
    expect(current("wasm").every((kernel, i) => kernel === originals[i])).toBe(true);
  });
});

/** Programs of a user, each in a Node of its own; they print who multiplied. */
const IMPORTS: Record<string, string[]> = {
  "ours first": ["await import('affine-wasm/tfjs');", "await load();", "await tf.setBackend(name);"],
  "the backend first": ["await load();", "await import('affine-wasm/tfjs');", "await tf.setBackend(name);"],
  "ours after the start": ["await load();", "await tf.setBackend(name);", "await import('affine-wasm/tfjs');"],
};

describe.each(BACKENDS)("importing affine-wasm/tfjs with the %s backend", (backendName) => {
  it.each(Object.keys(IMPORTS))("works in any order: %s", (order) => {
    const program = `
      import * as tf from "@tensorflow/tfjs-core";
      const name = "${backendName}";
      const load = () => import("@tensorflow/tfjs-backend-${backendName}");
      ${IMPORTS[order]?.join("\n")}
      const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const product = [...tf.matMul(a, a).dataSync()].join();
      const { restore } = await import("affine-wasm/tfjs");
      const names = ["BatchMatMul", "_FusedMatMul"];
      const during = names.map((kernel) => tf.getKernel(kernel, name));
      restore();
      const after = names.map((kernel) => tf.getKernel(kernel, name));
      console.log(JSON.stringify([product, during.map((kernel, i) => kernel !== after[i])]));`;
    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: import.meta.dirname,
    });
    expect(JSON.parse(output.toString().trim().split("\n").at(-1) as string)).toEqual(["7,10,15,22", [true, true]]);
  });
});

describe.each(BACKENDS)("what the kernels do not take, on the %s backend", (backendName) => {
  beforeEach(async () => {
    await tf.setBackend(backendName);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    register();
  });

  /** The original's answers, while ours are registered. */
  function originalCalls(kernelName: string): () => number {
    restore();
    const spy = vi.spyOn(tf.getKernel(kernelName, backendName), "kernelFunc");
    register();
    return () => spy.mock.calls.length;
  }

  it("integers go to the original kernel", () => {
    const calls = originalCalls("BatchMatMul");
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2], "int32");
    if (backendName === "cpu") expect([...tf.matMul(a, a).dataSync()]).toEqual([7, 10, 15, 22]);
    else expect(() => tf.matMul(a, a)).toThrow("not yet supported");
    expect(calls()).toBe(1);
    const fusedCalls = originalCalls("_FusedMatMul");
    const [float, bias] = [tf.cast(a, "float32"), tf.tensor1d([1, 2], "int32")];
    // `fused.matMul` itself makes a float of the bias, so what the original makes of one is nobody's business.
    try {
      const attributes = { transposeA: false, transposeB: false, activation: "linear" };
      tf.engine().runKernel("_FusedMatMul", { a: float, b: float, bias }, attributes);
    } catch {}
    expect(fusedCalls()).toBe(1);
  });

  it("a bias that is no row goes to the original kernel", () => {
    const calls = originalCalls("_FusedMatMul");
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const bias = tf.tensor2d([10, 20, 30, 40], [2, 2]);
    const fused = () => tf.fused.matMul({ a, b: a, bias });
    if (backendName === "cpu") expect([...fused().dataSync()]).toEqual([17, 30, 45, 62]);
    else expect(fused).toThrow("rank-1 bias");
    expect(calls()).toBe(1);
    // The one of `wasm` reads beyond it.
    const single = tf.fused.matMul({ a, b: a, bias: tf.tensor1d([10]) }).dataSync();
    if (backendName === "cpu") expect([...single]).toEqual([17, 20, 25, 32]);
    expect(calls()).toBe(2);
  });

  it("an unknown activation and shapes that do not fit get the original kernel's error", () => {
    const fusedCalls = originalCalls("_FusedMatMul");
    const a = tf.tensor3d([1, 2, 3, 4], [1, 2, 2]);
    const run = (inputs: object, attrs: object) =>
      tf.engine().runKernel("_FusedMatMul", inputs as tf.NamedTensorMap, attrs as never);
    expect(() => run({ a, b: a }, { transposeA: false, transposeB: false, activation: "tanh" })).toThrow();
    expect(() =>
      run({ a, b: tf.ones([4, 3, 2]) }, { transposeA: false, transposeB: false, activation: "nonsense" }),
    ).toThrow();
    expect(fusedCalls()).toBe(2);
    const calls = originalCalls("BatchMatMul");
    const multiply = (left: tf.Tensor, right: tf.Tensor) => () =>
      tf.engine().runKernel("BatchMatMul", { a: left, b: right }, { transposeA: false, transposeB: false });
    expect(multiply(a, tf.ones([1, 3, 2]))).toThrow("inner shapes");
    expect(multiply(tf.ones([2, 2, 2]), tf.ones([3, 2, 2]))).toThrow("broadcast");
    // `matMul` itself lets no vectors through, so what the original says of them is nobody's business.
    try {
      multiply(a, tf.ones([2]))();
    } catch {}
    expect(calls()).toBe(3);
  });

  it("a backend whose memory cannot be had keeps its own kernels, with one warning", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const calls = originalCalls("BatchMatMul");
    vi.spyOn(WebAssembly, "Instance").mockImplementation(function blocked() {
      throw new Error("blocked");
    });
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    for (let i = 0; i < 2; i++) expect([...tf.matMul(a, a).dataSync()]).toEqual([7, 10, 15, 22]);
    expect(calls()).toBe(2);
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringMatching(`^affine-wasm/tfjs: the ${backendName} backend keeps .*blocked`),
    ]);
  });

  // On `wasm` the memory is the backend's own.
  it.runIf(backendName === "cpu")("a product too large for memory goes to the original kernel", () => {
    const calls = originalCalls("BatchMatMul");
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
      throw new RangeError("no");
    });
    expect([...tf.matMul(a, a).dataSync()]).toEqual([7, 10, 15, 22]);
    expect(calls()).toBe(1);
  });
});
