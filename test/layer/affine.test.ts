/** The layer as its users see it. */

import { Affine, tensor } from "affine-wasm";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { FloatArray } from "../../src/common/dtype.js";
import { uniform } from "../../src/common/random.js";
import { DTYPES, eachCase } from "../support/cases.js";

describe("Affine", () => {
  it("computes the worked example by hand", () => {
    using layer = new Affine(3, 2);
    layer.weight.set([1, 2, 3, 4, 5, 6]);
    layer.bias?.set([0.5, -0.5]);
    expect([...layer.forward(Float32Array.of(1, 2, 3, 0, 1, 0))]).toEqual([22.5, 27.5, 3.5, 3.5]);
    expect([...layer.backward(Float32Array.of(1, 1, 1, 2))]).toEqual([3, 7, 11, 5, 11, 17]);
    expect([...layer.dWeight]).toEqual([1, 1, 3, 4, 3, 3]);
    expect([...(layer.dBias as Float32Array)]).toEqual([2, 3]);
    layer.step(0.5);
    expect([...layer.weight]).toEqual([0.5, 1.5, 1.5, 2, 3.5, 4.5]);
    expect([...(layer.bias as Float32Array)]).toEqual([-0.5, -2]);
  });

  it("infers the array type from the dtype", () => {
    using single = new Affine(2, 2);
    using double = new Affine(2, 2, { dtype: "float64" });
    expectTypeOf(single.weight).toEqualTypeOf<Float32Array>();
    expectTypeOf(double.forward).parameter(0).toEqualTypeOf<Float64Array>();
    expectTypeOf(double.backward(new Float64Array(double.forward(new Float64Array(2))))).toEqualTypeOf<Float64Array>();
    expectTypeOf(tensor(3, "float64").data).toEqualTypeOf<Float64Array>();
    expect(double.weight).toBeInstanceOf(Float64Array);
  });

  it("makes the same weights from the same seed, within the initialiser's limits, and others from another", () => {
    const limits = { glorotUniform: Math.sqrt(6 / 100), heUniform: Math.sqrt(6 / 60), torchUniform: 1 / Math.sqrt(60) };
    eachCase(["glorotUniform", "heUniform", "torchUniform"] as const, (initializer) => {
      using one = new Affine(60, 40, { seed: 1, initializer });
      using same = new Affine(60, 40, { seed: 1, initializer });
      using other = new Affine(60, 40, { seed: 2, initializer });
      expect(one.weight).toEqual(same.weight);
      expect(one.weight).not.toEqual(other.weight);
      const limit = limits[initializer];
      expect(Math.max(...one.weight)).toBeLessThanOrEqual(limit);
      expect(Math.max(...one.weight)).toBeGreaterThan(0.99 * limit);
      expect(Math.min(...one.weight)).toBeLessThan(-0.99 * limit);
      const bias = [...(one.bias as Float32Array)];
      if (initializer !== "torchUniform") expect(bias).toEqual(new Array(40).fill(0));
      else expect(Math.max(...bias.map(Math.abs)) / limit).toBeCloseTo(0.95, 1);
    });
    using zeros = new Affine(3, 3, { initializer: "zeros" });
    expect([...zeros.weight]).toEqual(new Array(9).fill(0));
  });

  it("makes uniform weights, and PyTorch's biases after them, of the numbers of the seed", () => {
    eachCase(DTYPES, (dtype) => {
      eachCase([7, 2 ** 32 - 1], (seed) => {
        using layer = new Affine(5, 3, { seed, initializer: "torchUniform", dtype });
        const random = uniform(seed);
        const next = (values: FloatArray) => values.map(() => (2 * random() - 1) * Math.sqrt(1 / 5));
        expect(layer.weight).toEqual(next(layer.weight));
        expect(layer.bias).toEqual(next(layer.bias as FloatArray));
      });
    });
  });

  it("makes normal weights of the initialiser's variance", () => {
    const variances = { glorotNormal: 2 / 500, heNormal: 2 / 300 };
    eachCase(["glorotNormal", "heNormal"] as const, (initializer) => {
      using layer = new Affine(300, 200, { seed: 1, initializer, dtype: "float64" });
      const moment = (power: number) => layer.weight.reduce((sum, w) => sum + w ** power, 0) / layer.weight.length;
      // Of 60,000: standard errors of 0.004 deviations, 0.6 % and 2 %.
      const variance = variances[initializer];
      expect(Math.abs(moment(1))).toBeLessThan(0.02 * Math.sqrt(variance));
      expect(moment(2) / variance).toBeCloseTo(1, 1);
      expect(moment(4) / variance ** 2 / 3).toBeCloseTo(1, 1);
    });
    using empty = new Affine(0, 3, { initializer: "torchUniform" });
    expect([...(empty.bias as Float32Array)]).toEqual([0, 0, 0]);
  });

  it("works without a bias", () => {
    using layer = new Affine(2, 1, { bias: false });
    layer.weight.set([3, 4]);
    expect([...layer.forward(Float32Array.of(1, 2))]).toEqual([11]);
    layer.backward(Float32Array.of(1));
    layer.step(1);
    expect(layer.bias).toBeNull();
    expect(layer.dBias).toBeNull();
    expect([...layer.weight]).toEqual([2, 2]);
  });

  it("skips the input gradient on request", () => {
    using layer = new Affine(2, 1);
    layer.forward(Float32Array.of(1, 2));
    expect(layer.backward(Float32Array.of(3), { inputGradient: false })).toBeNull();
    expect([...layer.dWeight]).toEqual([3, 6]);
  });

  it("takes sizes of zero: no inputs give the bias, no rows give zero gradients", () => {
    using biasOnly = new Affine(0, 3);
    biasOnly.bias?.set([1, 2, 3]);
    expect([...biasOnly.forward(new Float32Array(0))]).toEqual([1, 2, 3]);
    expect([...biasOnly.forward(new Float32Array(0), new Float32Array(6))]).toEqual([1, 2, 3, 1, 2, 3]);
    expect(biasOnly.backward(Float32Array.of(1, 2, 3, 4, 5, 6)).length).toBe(0);
    expect([...(biasOnly.dBias as Float32Array)]).toEqual([5, 7, 9]);

    using layer = new Affine(2, 2);
    layer.dWeight.fill(7);
    layer.dBias?.fill(7);
    expect(layer.forward(new Float32Array(0)).length).toBe(0);
    expect(layer.backward(new Float32Array(0)).length).toBe(0);
    expect([...layer.dWeight, ...(layer.dBias as Float32Array)]).toEqual([0, 0, 0, 0, 0, 0]);

    using nowhere = new Affine(2, 0);
    expect(nowhere.forward(new Float32Array(4)).length).toBe(0);
    expect([...nowhere.backward(new Float32Array(0))]).toEqual([0, 0, 0, 0]);
  });

  it("takes batches of changing size in one layer", () => {
    using layer = new Affine(2, 1, { bias: false });
    layer.weight.set([1, 10]);
    eachCase([1, 4, 2, 9, 3], (batch) => {
      const x = Float32Array.from({ length: 2 * batch }, (_, i) => i);
      const expected = Array.from({ length: batch }, (_, s) => 2 * s + 10 * (2 * s + 1));
      expect([...layer.forward(x)]).toEqual(expected);
    });
  });
});
