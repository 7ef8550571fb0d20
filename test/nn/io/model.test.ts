/** Whole networks in a file: what comes back, and what is refused. */
import {
  dense,
  dropout,
  layerNorm,
  loadModel,
  loadWeights,
  parseSafetensors,
  type SafeTensor,
  Sequential,
  saveModel,
  saveWeights,
  toFloats,
  writeSafetensors,
} from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { DTYPES, eachCase, expectError, type Kind, randomFrom, wrong } from "../../support/cases.js";

const random = randomFrom(21);
const network = <D extends "float32" | "float64">(dtype: D) =>
  new Sequential(
    4,
    [
      dense(6, { activation: { elu: 0.5 }, trainable: false }),
      layerNorm({ activation: "silu", epsilon: 1e-3 }),
      dropout(0.25),
      dense(3, { bias: false }),
    ],
    { dtype, seed: 1 },
  );

describe("saveModel and loadModel", () => {
  it.each(DTYPES)("give the same network back, in %s", (dtype) => {
    using net = network(dtype);
    const values = Array.from({ length: 8 }, random);
    const x = dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
    net.layers[1].weight.set(x.subarray(0, 6) as never);
    const file = saveModel(net, { metadata: { author: "me" } });
    using copy = loadModel(file);
    expect(copy.dtype).toBe(dtype);
    expect(copy.predict(x as never)).toEqual(net.predict(x as never));
    expect(copy.summary()).toBe(net.summary());
    expect(copy.layers.map(({ trainable }) => trainable)).toEqual([false, true, true, true]);
    expect(copy.layers[1]).toMatchObject({ kind: "layerNorm", epsilon: 1e-3, activation: "silu" });
    expect(copy.layers[2]).toMatchObject({ kind: "dropout", rate: 0.25 });
    expect(parseSafetensors(file).metadata.author).toBe("me");
    expect(saveModel(copy, { metadata: { author: "me" } })).toEqual(file);
  });

  it("convert to the element type that is asked for", () => {
    using net = network("float64");
    using single = loadModel(saveModel(net), { dtype: "float32" });
    expect(single.dtype).toBe("float32");
    expect(single.layers[0]?.weight).toEqual(Float32Array.from(net.layers[0].weight));
    using back = loadModel(saveModel(single), { dtype: "float64" });
    expect(back.layers[0]?.weight).toEqual(Float64Array.from(single.layers[0]?.weight ?? []));
  });

  it("refuse a stranger's file before anything is made of it", () => {
    using net = network("float32");
    const { tensors, metadata } = parseSafetensors(saveModel(net));
    const model = JSON.parse(metadata.model as string);
    const file = (change: (about: typeof model, map: Map<string, SafeTensor>) => void) => {
      const [about, map] = [structuredClone(model), new Map(tensors)];
      change(about, map);
      const bytes = writeSafetensors(map, { model: JSON.stringify(about) });
      return () => loadModel(bytes);
    };
    const weight = tensors.get("0.weight") as SafeTensor;
    eachCase<[() => unknown, Kind, string]>(
      [
        [
          () => loadModel(saveWeights(net)),
          RangeError,
          'loadModel: the file holds no model: its metadata has no "model"; for weights alone there is loadWeights',
        ],
        [
          () => loadModel(writeSafetensors(new Map(), { model: "{" })),
          RangeError,
          'loadModel: the file\'s metadata "model" is "{", expected version 1',
        ],
        [
          file((about) => {
            about.layers[2] = { kind: "conv\n2d" };
          }),
          RangeError,
          'loadModel: the model\'s layers[2] is of the unknown kind "conv\\u{a}2d"; there are "dense", "layerNorm", "dropout"',
        ],
        [
          file((about) => {
            about.layers[0].outFeatures = 2 ** 30;
          }),
          RangeError,
          'loadModel: tensor "0.weight" is [4,6], expected [4,1073741824]',
        ],
        [
          file((about) => {
            about.layers[0].units = 3;
          }),
          RangeError,
          'loadModel: the model\'s layers[0] is none that can be made: dense: options has no "units"; there are activation, bias, initializer, trainable',
        ],
        [
          file((about) => {
            about.dtype = "float16";
          }),
          RangeError,
          'loadModel: the model\'s dtype must be one of "float32", "float64", got "float16"',
        ],
        [file((_about, map) => map.delete("1.bias")), RangeError, 'loadModel: the file has no tensor "1.bias"'],
        [
          file((_about, map) => map.set("9.weight", weight)),
          RangeError,
          "loadModel: the file has 6 tensors, of which the model's layers have 5",
        ],
        [
          file((_about, map) => map.set("0.weight", wrong({ ...weight, dtype: "I32", data: new Int32Array(24) }))),
          RangeError,
          'loadModel: tensor "0.weight" is I32, expected F16, BF16, F32 or F64',
        ],
        [
          file((about) => {
            about.layers = Array(10_001).fill({ kind: "dropout", rate: 0 });
          }),
          RangeError,
          "loadModel: the model has 10001 layers, expected 1 to 10000",
        ],
        [
          () => saveModel(net, { metadata: { model: "" } }),
          RangeError,
          'saveModel: options.metadata cannot have "model"',
        ],
        [
          () => saveModel(net, { metadata: wrong(new Set(["a"])) }),
          TypeError,
          "saveModel: options.metadata must be a plain object, got a Set",
        ],
        [
          () => saveModel(net, { metadata: wrong(new Map([["a", "b"]])) }),
          TypeError,
          "saveModel: options.metadata must be a plain object, got a Map; Object.fromEntries makes one",
        ],
      ],
      (each) => expectError(...each),
    );
  });
});

describe("saveWeights", () => {
  it("in float16 takes half the room, and its values come back rounded", () => {
    using net = network("float32");
    const half = saveWeights(net, { dtype: "float16", metadata: { epoch: "3" } });
    const sizeOf = (file: Uint8Array) =>
      [...parseSafetensors(file).tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(sizeOf(half)).toBe(sizeOf(saveWeights(net)) / 2);
    const { tensors, metadata } = parseSafetensors(half);
    expect(metadata).toEqual({ epoch: "3" });
    const tensor = tensors.get("0.weight") as SafeTensor;
    expect(tensor.dtype).toBe("F16");
    const { weight } = net.layers[0];
    for (const [i, value] of toFloats(tensor).entries()) {
      expect(Math.abs(value - (weight[i] as number))).toBeLessThanOrEqual(Math.abs(weight[i] as number) * 2 ** -11);
    }
    using copy = network("float32");
    loadWeights(copy, half);
    expect(copy.layers[0].weight).toEqual(toFloats(tensor));
    using doubles = network("float64");
    expect(parseSafetensors(saveWeights(doubles, { dtype: "float32" })).tensors.get("0.weight")?.data).toEqual(
      Float32Array.from(doubles.layers[0].weight),
    );
  });

  it("refuses what the type of the file cannot hold, and metadata of its own", () => {
    using net = network("float32");
    net.layers[0].weight[5] = 70_000;
    expect(() => saveWeights(net, { dtype: "float16" })).toThrow(
      new RangeError('saveWeights: "0.weight" has 70000 at 5, too large for float16'),
    );
    net.layers[0].weight[5] = Number.POSITIVE_INFINITY;
    expect(saveWeights(net, { dtype: "float16" }).length).toBeGreaterThan(0);
    expect(() => saveWeights(net, { layout: "pytorch", metadata: { format: "tf" } })).toThrow(
      new RangeError('saveWeights: options.metadata cannot have "format"'),
    );
    expect(() => saveWeights(net, { metadata: wrong(new Map([["a", "b"]])) })).toThrow(
      new TypeError("saveWeights: options.metadata must be a plain object, got a Map; Object.fromEntries makes one"),
    );
  });

  it("counts the modules of PyTorch with layer norm and dropout among them", () => {
    using net = network("float32");
    expect([...parseSafetensors(saveWeights(net, { layout: "pytorch" })).tensors.keys()].sort()).toEqual([
      "0.bias",
      "0.weight",
      "2.bias",
      "2.weight",
      "5.weight",
    ]);
  });
});
