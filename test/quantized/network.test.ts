/** Quantized networks: made, used, written and read. */
import { memoryUsage, tensor } from "affine-wasm";
import {
  dense,
  dropout,
  layerNorm,
  meanSquaredError,
  Sequential,
  softmaxCrossEntropy,
  writeSafetensors,
} from "affine-wasm/nn";
import { loadQuantized, quantize, saveQuantized } from "affine-wasm/quantized";
import { describe, expect, it } from "vitest";
import { parseSafetensors, type SafeTensor } from "../../src/formats/safetensors/index.js";
import { expectError, randomFrom, wrong } from "../support/cases.js";
import { expectSameBits } from "../support/reference.js";

const randoms = (length: number, seed = 1) => {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => random());
};

/** A network of some size, and rows for it. */
function example(seed = 1) {
  const net = new Sequential(
    20,
    [
      dense(33, { activation: "relu" }),
      dense(17, { activation: "tanh", bias: false }),
      dense(9, { activation: { leakyRelu: 0.1 } }),
      dense(5),
    ],
    { seed },
  );
  net.layers[0]?.bias?.set(randoms(33, seed + 1));
  net.layers[3]?.bias?.set(randoms(5, seed + 2));
  return net;
}

describe("a quantized network", () => {
  it("gives nearly the outputs of the one that it is made of, which stays as it is", () => {
    using net = example();
    const x = randoms(20 * 300, 7);
    const before = net.predict(x);
    using small = quantize(net);
    const y = small.predict(x);
    expect(y).toHaveLength(before.length);
    for (const [i, each] of y.entries()) expect(Math.abs(each - (before[i] as number))).toBeLessThan(0.05);
    expect(y).not.toEqual(before);
    expect(net.predict(x)).toEqual(before);
  });

  it("gives a row the same bits in whatever batch, place or array it comes", () => {
    using net = example();
    using small = quantize(net);
    const x = randoms(20 * 300, 7);
    const y = small.predict(x);
    for (const i of [0, 1, 251, 252, 299]) {
      expectSameBits(small.predict(x.slice(20 * i, 20 * i + 20)), y.slice(5 * i, 5 * i + 5), `row ${i}`);
    }
    using inside = tensor(x.length);
    using outside = tensor(y.length);
    inside.data.set(x);
    expect(small.predict(inside.data, outside.data)).toBe(outside.data);
    expectSameBits(outside.data.slice(), y, "in the kernels' memory");
    const out = new Float32Array(y.length);
    expect(small.predict(x, out)).toBe(out);
    expectSameBits(out, y, "in an array of the caller's");
    expect(small.predict(new Float32Array())).toEqual(new Float32Array());
  });

  it("says what its layers are", () => {
    using net = example();
    using small = quantize(net);
    expect([small.inFeatures, small.outFeatures, small.dtype]).toEqual([20, 5, "float32"]);
    expect(small.layers).toEqual([
      { kind: "dense", inFeatures: 20, outFeatures: 33, activation: "relu", hasBias: true },
      { kind: "dense", inFeatures: 33, outFeatures: 17, activation: "tanh", hasBias: false },
      { kind: "dense", inFeatures: 17, outFeatures: 9, activation: { leakyRelu: 0.1 }, hasBias: true },
      { kind: "dense", inFeatures: 9, outFeatures: 5, activation: "none", hasBias: true },
    ]);
  });

  it("evaluates as its outputs say, with labels or targets", () => {
    using net = example();
    using small = quantize(net);
    const x = randoms(20 * 700, 9);
    const y = small.predict(x);
    const labels = Array.from({ length: 700 }, (_, i) => i % 5);
    const best = labels.map((_, i) => {
      const row = [...y.subarray(5 * i, 5 * i + 5)];
      return row.indexOf(Math.max(...row));
    });
    const { accuracy, loss } = small.evaluate({ x, labels });
    expect(accuracy).toBeCloseTo(labels.filter((label, i) => label === best[i]).length / 700, 12);
    expect(loss).toBeGreaterThan(0);
    expect(small.evaluate({ x, labels }, { loss: softmaxCrossEntropy() })).toEqual({ accuracy, loss });
    expect(small.evaluate({ x, targets: y }, { loss: meanSquaredError() }).loss).toBe(0);
  });

  it("keeps layer norms in floats, and leaves dropout out", () => {
    using net = new Sequential(
      6,
      [layerNorm(), dense(8), layerNorm({ epsilon: 1e-3, activation: "silu" }), dropout(0.5), dense(3)],
      { seed: 1 },
    );
    net.layers[2].weight.set(randoms(8, 3));
    net.layers[2].bias.set(randoms(8, 4));
    using small = quantize(net);
    expect(small.layers.map(({ kind }) => kind)).toEqual(["layerNorm", "dense", "layerNorm", "dense"]);
    expect(small.layers[2]).toEqual({
      kind: "layerNorm",
      inFeatures: 8,
      outFeatures: 8,
      activation: "silu",
      epsilon: 1e-3,
      hasBias: true,
    });
    const x = randoms(60, 5);
    const expected = net.predict(x);
    const y = small.predict(x);
    for (const [i, each] of y.entries()) expect(Math.abs(each - (expected[i] as number))).toBeLessThan(0.05);
    using back = loadQuantized(saveQuantized(small));
    expect(back.layers).toEqual(small.layers);
    expectSameBits(back.predict(x), y, "loaded");
    using only = new Sequential(3, [dropout(0.5)]);
    expectError(() => quantize(only), RangeError, "quantize: the network has no layer but dropout");
  });

  it("is made of a network in float64, too", () => {
    using net = new Sequential(3, [dense(2)], { dtype: "float64", seed: 1 });
    using small = quantize(net);
    const x = [0.5, -1, 2];
    const expected = net.predict(Float64Array.from(x));
    for (const [i, y] of small.predict(Float32Array.from(x)).entries()) {
      expect(Math.abs(y - (expected[i] as number))).toBeLessThan(0.05);
    }
  });

  it("returns its memory, and cannot be used then", () => {
    using net = example();
    quantize(net).dispose();
    const before = memoryUsage().used;
    const small = quantize(net);
    small.predict(randoms(20 * 300));
    small.evaluate({ x: randoms(20), labels: [1] });
    saveQuantized(small);
    expect(memoryUsage().used).toBeGreaterThan(before);
    small.dispose();
    small.dispose();
    expect(memoryUsage().used).toBe(before);
    for (const call of [
      () => small.predict(new Float32Array(20)),
      () => small.evaluate({ x: new Float32Array(20), labels: [1] }),
      () => saveQuantized(small),
    ]) {
      expect(call).toThrow(ReferenceError);
    }
  });

  it("refuses bad arguments, and weights that are not finite", () => {
    using net = example();
    using small = quantize(net);
    expectError(
      () => small.predict(new Float32Array(21)),
      RangeError,
      "predict: x has 21 values, not a multiple of inFeatures 20",
    );
    expectError(
      () => small.predict(wrong(new Float64Array(20))),
      TypeError,
      "predict: x must be a Float32Array, got a Float64Array",
    );
    const x = new Float32Array(40);
    expectError(
      () => small.predict(x.subarray(0, 20), x.subarray(19, 24)),
      RangeError,
      "predict: out overlaps x in memory",
    );
    expectError(
      () => small.evaluate({ x: new Float32Array(20), labels: [5] }),
      RangeError,
      "evaluate: examples.labels[0] must be a class from 0 to 4, got 5",
    );
    expectError(() => quantize(wrong(3)), TypeError, "quantize: net must be a Sequential, got the number 3");
    const before = memoryUsage().used;
    net.layers[1]?.weight.set([Number.NaN], 6);
    expectError(
      () => quantize(net),
      RangeError,
      "quantize: the weight of layer 1 must be finite in float32, got NaN at 6",
    );
    net.layers[1]?.weight.set([0], 6);
    net.layers[0]?.bias?.set([Number.POSITIVE_INFINITY], 2);
    expectError(
      () => quantize(net),
      RangeError,
      "quantize: the bias of layer 0 must be finite in float32, got Infinity at 2",
    );
    expect(memoryUsage().used).toBe(before);
  });

  it("refuses more inputs than there are exact sums for", () => {
    using net = new Sequential(133_145, [dense(1, { initializer: "zeros" })]);
    expectError(
      () => quantize(net),
      RangeError,
      "quantize: layer 0 has 133145 inputs; of more than 133144 the sums would not be exact",
    );
  });
});

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
