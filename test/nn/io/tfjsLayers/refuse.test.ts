/** What importTfjsLayers refuses, by name. */
import { memoryUsage } from "affine-wasm";
import { importTfjsLayers } from "affine-wasm/tfjs-layers";
import { describe, expect, it } from "vitest";
import { expectError, randomFrom, wrong } from "../../../support/cases.js";
import { mutated, readOrRefuse } from "../../../support/mutations.js";
import { layer, type ModelWeight, modelOf, sequential, weight } from "../../../support/tfjsLayers.js";

const kernel = weight("a/kernel", [4, 3]);
const bias = weight("a/bias", [3]);
const a = layer("Dense", "a", { units: 3 });
const models = (layers: object[], weights: ModelWeight[] = [kernel, bias]) => modelOf(sequential(layers), weights);
const withTopology = (topology: object) => modelOf(topology, [kernel, bias]);
const functional = (layers: object[], outputs: unknown = [["a", 0, 0]]) =>
  withTopology({ class_name: "Functional", config: { layers, output_layers: outputs } });
const inner = (className: string, name: string, from: string[], config = {}) => ({
  ...layer(className, name, config),
  inbound_nodes: from.length > 0 ? [from.map((each) => [each, 0, 0, {}])] : [],
});

const REFUSED: Readonly<Record<string, readonly [ReturnType<typeof modelOf>, string]>> = {
  "a graph model": [
    { ...models([a]), json: { ...models([a]).json, format: "graph-model" } },
    'the file is a graph-model; a layers-model is expected, which Keras\'s "save" or tfjs-layers writes',
  ],
  "another kind of model": [
    withTopology({ class_name: "RNN", config: {} }),
    'the model is a "RNN"; "Sequential", "Functional" and "Model" are taken',
  ],
  "a layer that is not taken": [
    models([layer("Conv2D", "c")]),
    'layer "c" (Conv2D) is not taken; there are InputLayer, Dense, LayerNormalization, Dropout, Flatten, Activation',
  ],
  "an activation that is not taken": [
    models([layer("Dense", "a", { units: 3, activation: "selu" })]),
    'layer "a" (Dense) has the activation "selu"; there are linear, relu, sigmoid, tanh, gelu, elu, silu, swish, and a final softmax',
  ],
  "a softmax inside": [
    models([layer("Dense", "a", { units: 3, activation: "softmax" }), layer("Dense", "b", { units: 1 })]),
    'layer "b" (Dense) follows a final softmax',
  ],
  "two activations": [
    models([layer("Dense", "a", { units: 3, activation: "relu" }), layer("Activation", "t", { activation: "tanh" })]),
    'layer "t" (Activation) follows another activation',
  ],
  "no layers": [models([]), 'the file has no "layers" where some are expected'],
  "no layer with weights": [models([layer("InputLayer", "i")]), "the model has no layer with weights"],
  "two layers of one name": [models([a, a]), 'the model has two layers "a"'],
  "two outputs": [
    functional(
      [inner("Dense", "a", [])],
      [
        ["a", 0, 0],
        ["b", 0, 0],
      ],
    ),
    "the model has 2 outputs; one is taken",
  ],
  "a layer of two inputs": [
    functional([inner("Dense", "a", ["b", "c"], { units: 3 })]),
    'layer "a" ("Dense") has 2 inputs; one is taken',
  ],
  "a circle": [functional([inner("Dense", "a", ["a"], { units: 3 })]), 'the model has no layer "a", or uses it twice'],
  "a weight that is not there": [models([a], [kernel]), 'layer "a" (Dense) has no weight "bias" in the manifest'],
  "a kernel of other sizes": [
    models([layer("Dense", "a", { units: 5 })]),
    'layer "a" (Dense) has a kernel [4,3] for 5 units',
  ],
  "layers that do not fit": [
    models([layer("Dense", "a", { units: 3, batch_input_shape: [null, 5] })]),
    'layer "a" (Dense) has 4 inputs, but 5 come in',
  ],
  "images without Flatten": [
    models([layer("Dense", "a", { units: 3, batch_input_shape: [null, 2, 4] })]),
    'layer "a" (Dense) comes upon the shape [2,4]; Flatten must come before',
  ],
  "a rate of 1": [models([a, layer("Dropout", "d", { rate: 1 })]), 'layer "d" (Dropout) has no rate from 0 to below 1'],
  "several weights of one name": [
    models([a], [kernel, bias, { ...bias, name: "model/a/bias" }]),
    'the manifest has several weights "a/bias"',
  ],
  "weights of integers": [
    models([a], [kernel, { ...bias, dtype: "int32" }]),
    'weight "a/bias" is int32, expected floats',
  ],
  "weights of text": [models([a], [{ ...kernel, dtype: "string" }]), 'weight "a/kernel" has the dtype "string"'],
  "quantized weights without a scale": [
    models([a], [{ ...kernel, values: [1, 2, 3], quantization: { dtype: "uint8" } }, bias]),
    'weight "a/kernel" is quantized without scale and min',
  ],
  "more weights than bytes": [
    models([a], [kernel, { ...bias, values: [] }]),
    'weight "a/bias" ends at byte 60, but its files have 48',
  ],
  "more bytes than weights": [
    models([a], [kernel, { ...bias, values: [1, 2, 3, 4] }]),
    "the weights of a group end at byte 60, but its files have 64",
  ],
  "sizes that no file has": [
    models([a], [{ ...kernel, shape: [2 ** 40, 2 ** 40] }]),
    'weight "a/kernel" ends at byte NaN, but its files have 48',
  ],
};

describe("importTfjsLayers refuses", () => {
  it.each(Object.entries(REFUSED))("%s", (_name, [{ json, buffers }, message]) => {
    const before = memoryUsage().used;
    expectError(() => importTfjsLayers(json, buffers), RangeError, `importTfjsLayers: ${message}`);
    expect(memoryUsage().used).toBe(before);
  });

  it("files that the manifest does not name, and arguments of other kinds", () => {
    const { json, buffers } = models([a]);
    expectError(
      () => importTfjsLayers(json, [...buffers, ...buffers]),
      RangeError,
      "importTfjsLayers: the manifest names 1 files of weights, but 2 buffers are given",
    );
    expectError(() => importTfjsLayers("{", buffers), RangeError, 'importTfjsLayers: the text is not JSON: "{"');
    expectError(
      () => importTfjsLayers("[]", buffers),
      RangeError,
      'importTfjsLayers: the text is no JSON object: "[]"',
    );
    expectError(
      () => importTfjsLayers(wrong(3), buffers),
      TypeError,
      "importTfjsLayers: json must be a string or an object, got the number 3",
    );
    expectError(
      () => importTfjsLayers(json, wrong(buffers[0])),
      TypeError,
      "importTfjsLayers: buffers must be an array of ArrayBuffers or Uint8Arrays, got an Uint8Array",
    );
    expectError(
      () => importTfjsLayers(json, wrong([[1]])),
      TypeError,
      "importTfjsLayers: buffers[0] must be an ArrayBuffer or a Uint8Array, got an Array",
    );
  });

  it("or reads each of ten thousand mutated files, and keeps no memory", () => {
    const layers = [
      layer("InputLayer", "i", { batch_shape: [null, 4] }),
      a,
      layer("LayerNormalization", "n"),
      layer("Dropout", "d", { rate: 0.5 }),
      layer("Dense", "b", { units: 2, activation: "softmax" }),
    ];
    const weights = [
      kernel,
      bias,
      weight("n/gamma", [3]),
      weight("n/beta", [3]),
      weight("b/kernel", [3, 2]),
      weight("b/bias", [2]),
    ];
    const { json, buffers } = models(layers, weights);
    const text = new TextEncoder().encode(JSON.stringify(json));
    importTfjsLayers(json, buffers).net.dispose();
    const before = memoryUsage().used;
    const random = randomFrom(18);
    const outcomes = { read: 0, refused: 0 };
    let slowest = 0;
    for (let i = 0; i < 10_000; i++) {
      const changed = new TextDecoder().decode(mutated(text, random));
      const files = i % 4 === 0 ? [mutated(buffers[0] as Uint8Array, random)] : buffers;
      const start = Date.now();
      outcomes[
        readOrRefuse(
          () => importTfjsLayers(changed, files).net,
          /^(importTfjsLayers|dense|layerNorm|dropout|Sequential): /,
        )
      ]++;
      slowest = Math.max(slowest, Date.now() - start);
    }
    console.log(`importTfjsLayers: ${outcomes.read} of 10000 mutated files read, the slowest in ${slowest} ms`);
    expect(outcomes.read).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(2500);
    expect(memoryUsage().used).toBe(before);
  }, 120_000);
});
