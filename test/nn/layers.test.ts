/** The kinds of layers: what each computes, what can be changed of it, and what cannot. */
import { dense, dropout, layerNorm, Sequential, sgd } from "affine-wasm/nn";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { DTYPES, eachCase, randomFrom } from "../support/cases.js";

const random = randomFrom(5);
const values = (length: number) => Float64Array.from({ length }, random);

describe("layerNorm", () => {
  it("brings each row to mean 0 and variance 1, then scales and moves its columns", () => {
    using net = new Sequential(5, [layerNorm({ epsilon: 1e-3, activation: "tanh" })], { dtype: "float64" });
    const [layer] = net.layers;
    expect(layer.weight).toEqual(new Float64Array(5).fill(1));
    expect(layer.bias).toEqual(new Float64Array(5));
    layer.weight.set([1, -2, 0.5, 3, 0]);
    layer.bias.set([0.1, 0.2, 0.3, 0.4, 0.5]);
    const x = values(15);
    const y = net.predict(x);
    const ran = eachCase([0, 1, 2], (r) => {
      const row = [...x.subarray(5 * r, 5 * r + 5)];
      const mean = row.reduce((sum, v) => sum + v, 0) / 5;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 5;
      for (const [j, v] of row.entries()) {
        const normal = (v - mean) / Math.sqrt(variance + 1e-3);
        const wanted = Math.tanh((layer.weight[j] as number) * normal + (layer.bias[j] as number));
        expect(y[5 * r + j]).toBeCloseTo(wanted, 13);
      }
    });
    expect(ran).toBe(3);
  });

  it("loses nothing on rows far from 0", () => {
    using net = new Sequential(7, [layerNorm({ epsilon: 1e-12 })]);
    const small = Float32Array.of(0, 1, 2, 3, 4, 5, 6);
    const y = net.predict(small);
    expect(net.predict(small.map((v) => v + 2 ** 20))).toEqual(y);
    expect(net.predict(new Float32Array(7).fill(1e30))).toEqual(new Float32Array(7));
  });
});

describe("dropout", () => {
  it("drops about its part in training, divides the rest by what it keeps, and does nothing otherwise", async () => {
    for (const dtype of DTYPES) {
      using net = new Sequential(200, [dropout(0.25), dense(1, { initializer: "zeros", bias: false })], {
        dtype,
        seed: 3,
      });
      const x = dtype === "float32" ? new Float32Array(200).fill(1) : new Float64Array(200).fill(1);
      expect(net.predict(x as never, undefined, { layers: 1 })).toEqual(x);
      const kept = new Float64Array(200);
      const targets = dtype === "float32" ? Float32Array.of(-0.5) : Float64Array.of(-0.5);
      for (let i = 0; i < 400; i++) {
        // A weight of 0 gives y = 0, and a gradient of the inputs as they came through.
        await net.fit({ x: x as never, targets: targets as never }, { optimizer: sgd({ learningRate: 0 }) });
        for (const [j, v] of net.layers[1].dWeight.entries()) {
          if (![0, Math.fround(4 / 3), 4 / 3].includes(v)) expect.fail(`neither dropped nor kept: ${v}`);
          if (v !== 0) kept[j] = (kept[j] as number) + 1;
        }
      }
      const total = kept.reduce((sum, n) => sum + n, 0);
      // Four standard errors of 80,000 throws.
      expect(Math.abs(total / 80_000 - 0.75)).toBeLessThan(4 * Math.sqrt((0.75 * 0.25) / 80_000));
      // No column of 400 rows is beyond six.
      expect(kept.every((n) => Math.abs(n / 400 - 0.75) < 6 * Math.sqrt((0.75 * 0.25) / 400))).toBe(true);
    }
  });
});

describe("layers", () => {
  it("are a tuple, each of its own type", () => {
    using net = new Sequential(4, [dense(3), layerNorm(), dropout(0.5), dense(2, { bias: false })]);
    expectTypeOf(net.layers[0].weight).toEqualTypeOf<Float32Array>();
    expectTypeOf(net.layers[1].bias).toEqualTypeOf<Float32Array>();
    expectTypeOf(net.layers[2].weight).toEqualTypeOf<null>();
    expectTypeOf(net.layers[3].bias).toEqualTypeOf<Float32Array | null>();
    expectTypeOf(net).toExtend<Sequential>();
    expect(net.layers.map(({ kind }) => kind)).toEqual(["dense", "layerNorm", "dropout", "dense"]);
    expect(net.layers.map(({ inFeatures, outFeatures }) => [inFeatures, outFeatures])).toEqual([
      [4, 3],
      [3, 3],
      [3, 3],
      [3, 2],
    ]);
    expect(net.layers.map(({ weight, bias }) => [weight?.length ?? null, bias?.length ?? null])).toEqual([
      [12, 3],
      [3, 3],
      [null, null],
      [6, null],
    ]);
    expect(net.summary()).toBe(
      [
        "layer  in × out  activation   parameters  bytes",
        "0      4 × 3     none                 15     60",
        "1      3         layerNorm             6     24",
        "2      3         dropout 0.5           0      0",
        "3      3 × 2     none                  6     24",
        "total                                 27    108",
      ].join("\n"),
    );
  });

  it("take no property that they do not have, and nothing but true and false for trainable", () => {
    using net = new Sequential(4, [dense(3), layerNorm(), dropout(0.5)]);
    eachCase(net.layers as readonly object[], (layer) => {
      expect(() => Object.assign(layer, { trainabel: false })).toThrow(TypeError);
      expect(() => Object.assign(layer, { outFeatures: 1000 })).toThrow(TypeError);
      expect(() => Object.assign(layer, { trainable: 0 })).toThrow(
        new TypeError("trainable: trainable must be a boolean, got the number 0"),
      );
      Object.assign(layer, { trainable: false });
      expect(layer).toHaveProperty("trainable", false);
    });
    expect(() => Object.assign(net, { outFeatures: 1000 })).toThrow(TypeError);
    expect(() => Object.assign(net.layers, { 0: null })).toThrow(TypeError);
  });

  it("come of specifications that cannot be changed, and may be proxies", () => {
    const specs = [dense(3, { trainable: false }), layerNorm({ epsilon: 0.5 }), dropout(0.25)] as const;
    eachCase(specs, (spec) => expect(() => Object.assign(spec, { trainable: true })).toThrow(TypeError));
    const proxies = specs.map((spec) => new Proxy(spec, {}));
    using net = new Sequential(4, proxies);
    expect(net.layers.map(({ kind, trainable }) => [kind, trainable])).toEqual([
      ["dense", false],
      ["layerNorm", true],
      ["dropout", true],
    ]);
  });
});

describe("a layer that is not trainable", () => {
  const x = Float32Array.from({ length: 40 }, random);
  const labels = Uint8Array.from({ length: 10 }, (_, i) => i % 3);
  const options = () => ({
    optimizer: sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1, clipNorm: 0.5 }),
    seed: 1,
    epochs: 3,
  });

  it.each([0, 1, 2])("keeps its bits, wherever it is, and the others learn: %i", async (frozen) => {
    using net = new Sequential(4, [dense(6, { activation: "silu" }), layerNorm(), dense(3)], { seed: 2 });
    const before = net.layers.map(({ weight, bias }) => [...weight, ...(bias ?? [])]);
    const layer = net.layers[frozen] as (typeof net.layers)[0];
    layer.trainable = false;
    await net.fit({ x, labels }, options());
    const after = net.layers.map(({ weight, bias }) => [...weight, ...(bias ?? [])]);
    expect(after.map((each, i) => each.some((v, j) => v !== before[i]?.[j]))).toEqual(
      [0, 1, 2].map((i) => i !== frozen),
    );
    expect(layer.dWeight.every((v) => v === 0)).toBe(true);
    // It learns again when it may.
    layer.trainable = true;
    await net.fit({ x, labels }, options());
    expect([...layer.weight]).not.toEqual(before[frozen]?.slice(0, layer.weight.length));
  });

  it("stays as it is with no layer left to train", async () => {
    using net = new Sequential(4, [dense(6, { trainable: false }), dense(3, { trainable: false })], { seed: 2 });
    const before = net.layers.map(({ weight }) => [...weight]);
    await net.fit({ x, labels }, options());
    expect(net.layers.map(({ weight }) => [...weight])).toEqual(before);
  });
});

it("predict gives the outputs of an inner layer", () => {
  using net = new Sequential(3, [dense(4, { activation: "elu" }), dropout(0.5), layerNorm(), dense(2)], { seed: 1 });
  using first = new Sequential(3, [dense(4, { activation: "elu" })], { seed: 1 });
  const x = Float32Array.from({ length: 9 }, random);
  expect(net.predict(x, undefined, { layers: 1 })).toEqual(first.predict(x));
  expect(net.predict(x, new Float32Array(12), { layers: 2 })).toEqual(first.predict(x));
  expect(net.predict(x, undefined, { layers: 4 })).toEqual(net.predict(x));
  expect(() => net.predict(x, undefined, { layers: 5 })).toThrow(
    new RangeError("predict: layers must be at most 4, as many as there are, got 5"),
  );
  expect(() => net.predict(x, new Float32Array(6), { layers: 1 })).toThrow(
    new RangeError("predict: out has 6 values, expected 12 = rows 3 × outFeatures 4"),
  );
});
