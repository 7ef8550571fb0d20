/** Quantized networks in files: written, read, and refused. */
import { dense, Sequential, writeSafetensors } from "affine-wasm/nn";
import { loadQuantized, quantize, saveQuantized } from "affine-wasm/quantized";
import { describe, expect, it } from "vitest";
import { parseSafetensors, type SafeTensor } from "../../src/formats/safetensors/index.js";
import { expectError, wrong } from "../support/cases.js";
import { example, randoms } from "../support/quantized/example.js";
import { expectSameBits } from "../support/reference.js";

describe("saveQuantized and loadQuantized", () => {
  it("keep every bit", () => {
    using net = example();
    using small = quantize(net);
    const file = saveQuantized(small);
    using back = loadQuantized(file);
    expect(back.layers).toEqual(small.layers);
    const x = randoms(20 * 10, 5);
    expectSameBits(back.predict(x), small.predict(x), "loaded");
    expect(saveQuantized(back)).toEqual(file);
  });

  it("write 784-100-10 into at most 82 kB", () => {
    using net = new Sequential(784, [dense(100, { activation: "relu" }), dense(10)], { seed: 1 });
    using small = quantize(net);
    const { length } = saveQuantized(small);
    expect(length).toBeLessThanOrEqual(82_000);
    expect(length).toBeGreaterThan(784 * 100 + 100 * 10);
  });

  /** The file of a small network, with tensors or metadata replaced; undefined takes one away. */
  function changed(tensors: Record<string, SafeTensor | undefined>, metadata: Record<string, string> = {}) {
    using net = new Sequential(3, [dense(2, { activation: "relu" }), dense(1)], { seed: 1 });
    using small = quantize(net);
    const file = parseSafetensors(saveQuantized(small));
    const all = { ...Object.fromEntries(file.tensors), ...tensors };
    const kept = Object.entries(all).filter((each): each is [string, SafeTensor] => each[1] !== undefined);
    return writeSafetensors(Object.fromEntries(kept), { ...file.metadata, ...metadata });
  }
  const f32 = (...values: number[]): SafeTensor => ({
    dtype: "F32",
    shape: [values.length],
    data: Float32Array.from(values),
  });
  const i8 = (shape: number[], ...values: number[]): SafeTensor => ({
    dtype: "I8",
    shape,
    data: Int8Array.from(values),
  });

  it("the file of the next tests is one", () => {
    loadQuantized(changed({})).dispose();
    loadQuantized(changed({ "0.bias": undefined })).dispose();
  });

  it.each<[string, () => Uint8Array, string]>([
    [
      "another format",
      () => changed({}, { format: "pt" }),
      'the file is no quantized network: its format is "pt", expected "affine-wasm-quantized-1"',
    ],
    ["no JSON", () => changed({}, { layers: "" }), 'the layers of the file\'s metadata are not JSON: ""'],
    [
      "no layers",
      () => changed({}, { layers: "[]" }),
      "the layers of the file's metadata must be an array of objects, at least one",
    ],
    [
      "layers of numbers",
      () => changed({}, { layers: "[1]" }),
      "the layers of the file's metadata must be an array of objects, at least one",
    ],
    [
      "another kind of layer",
      () => changed({}, { layers: '[{"kind":"conv"}]' }),
      'layer 0 of the file\'s metadata must be { kind: "dense", activation } or { kind: "layerNorm", activation, epsilon }',
    ],
    [
      "a layer without weights",
      () => changed({ "1.weight": undefined }),
      'tensor "1.weight" must be a matrix of I8, got none',
    ],
    [
      "weights in floats",
      () => changed({ "1.weight": f32(1, 2) }),
      'tensor "1.weight" must be a matrix of I8, got F32 × [2]',
    ],
    ["empty weights", () => changed({ "1.weight": i8([0, 1]) }), 'tensor "1.weight" is empty: [0,1]'],
    [
      "-128",
      () => changed({ "1.weight": i8([2, 1], 3, -128) }),
      'tensor "1.weight" must be within -127 to 127, got -128',
    ],
    ["no scales", () => changed({ "1.scale": undefined }), 'tensor "1.scale" must be F32 × [1], got none'],
    ["too many scales", () => changed({ "1.scale": f32(1, 2) }), 'tensor "1.scale" must be F32 × [1], got F32 × [2]'],
    ["a negative scale", () => changed({ "1.scale": f32(-1) }), 'tensor "1.scale" holds -1 at 0'],
    [
      "an infinite scale",
      () => changed({ "1.scale": f32(Number.POSITIVE_INFINITY) }),
      'tensor "1.scale" holds Infinity at 0',
    ],
    ["a bias that is NaN", () => changed({ "0.bias": f32(1, Number.NaN) }), 'tensor "0.bias" holds NaN at 1'],
    [
      "layers that do not fit",
      () => changed({ "1.weight": i8([3, 1], 1, 2, 3) }),
      "layer 1 has 3 inputs, but 2 come in",
    ],
    ["more tensors", () => changed({ "2.weight": f32(1) }), 'the file has tensors of no layer: "2.weight"'],
  ])("refuse a file with %s", (_name, file, message) => {
    expectError(() => loadQuantized(file()), RangeError, `loadQuantized: ${message}`);
  });

  it("refuse what is no file or network", () => {
    expectError(() => loadQuantized(wrong("x")), TypeError, "loadQuantized: bytes must be a Uint8Array, got a string");
    expect(() => loadQuantized(new Uint8Array(3))).toThrow(RangeError);
    expectError(
      () => saveQuantized(wrong(example())),
      TypeError,
      "saveQuantized: small must be what quantize(net) returns, got a Sequential",
    );
  });
});
