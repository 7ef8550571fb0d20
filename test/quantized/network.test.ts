/** Quantized networks: made and used. */
import { memoryUsage, tensor } from "affine-wasm";
import { dense, dropout, layerNorm, meanSquaredError, Sequential, softmaxCrossEntropy } from "affine-wasm/nn";
import { loadQuantized, quantize, saveQuantized } from "affine-wasm/quantized";
import { describe, expect, it } from "vitest";
import { expectError, wrong } from "../support/cases.js";
import { example, randoms } from "../support/quantized/example.js";
import { expectSameBits } from "../support/reference.js";

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
