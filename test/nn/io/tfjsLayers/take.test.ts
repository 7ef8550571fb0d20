/** What importTfjsLayers takes: a model made for each rule. */
import { dense, dropout, type LayerSpec, layerNorm, Sequential } from "affine-wasm/nn";
import { importTfjsLayers } from "affine-wasm/tfjs-layers";
import { describe, expect, it } from "vitest";
import { expectSameBits } from "../../../support/reference.js";
import { layer, type ModelWeight, modelOf, sequential, someNumbers, weight } from "../../../support/tfjsLayers.js";

const input = { batch_input_shape: [null, 4] };
const first = layer("Dense", "a", { units: 3, activation: "relu", ...input });
const second = layer("Dense", "b", { units: 2 });
const weights = [
  weight("a/kernel", [4, 3], 1),
  weight("a/bias", [3], 2),
  weight("b/kernel", [3, 2], 3),
  weight("b/bias", [2], 4),
];
const x = Float32Array.from(someNumbers(20, 9));

/** Holds a model to a network of the same weights, in the order of the manifest. */
function expectNetwork(
  { json, buffers }: ReturnType<typeof modelOf>,
  specs: LayerSpec[],
  arrays: readonly ModelWeight[],
  expectedHead = "none",
): void {
  const { net, head } = importTfjsLayers(json, buffers);
  using expected = new Sequential(4, specs, { seed: 1 });
  const left = arrays.map(({ values = [] }) => values);
  for (const each of expected.layers) {
    if (each.kind === "dropout") continue;
    each.weight.set(left.shift() as number[]);
    each.bias?.set(left.shift() as number[]);
  }
  expect(head).toBe(expectedHead);
  expect(net.layers.map(({ kind }) => kind)).toEqual(expected.layers.map(({ kind }) => kind));
  expectSameBits(net.predict(x), expected.predict(x), "imported");
  net.dispose();
}

const specs = () => [dense(3, { activation: "relu" }), dense(2)];

describe("importTfjsLayers takes", () => {
  it("a Sequential model, as an object or as text", () => {
    const model = modelOf(sequential([first, second]), weights);
    expectNetwork(model, specs(), weights);
    expectNetwork({ ...model, json: JSON.stringify(model.json) as never }, specs(), weights);
    const [bytes] = model.buffers;
    expectNetwork({ ...model, buffers: [(bytes as Uint8Array).slice().buffer as never] }, specs(), weights);
  });

  it("the old form, whose layers are the config", () => {
    expectNetwork(modelOf({ class_name: "Sequential", config: [first, second] }, weights), specs(), weights);
  });

  it("Keras's form, in model_config", () => {
    expectNetwork(
      modelOf({ keras_version: "2.15.0", model_config: sequential([first, second]) }, weights),
      specs(),
      weights,
    );
  });

  it("Keras 3's InputLayer, names and serialized activations", () => {
    const relu = { module: "builtins", class_name: "function", config: "relu", registered_name: "function" };
    const layers = [
      layer("InputLayer", "in", { batch_shape: [null, 4], dtype: "float32" }),
      layer("Dense", "a", { units: 3, activation: relu }),
      second,
    ];
    const renamed = weights.map((each) => ({ ...each, name: `sequential/${each.name}` }));
    expectNetwork(modelOf({ model_config: sequential(layers) }, renamed), specs(), weights);
  });

  it.each([
    ["Keras 2's", (name: string) => [[[name, 0, 0, {}]]], [["b", 0, 0]]],
    [
      "Keras 3's",
      (name: string) => [
        {
          args: [{ class_name: "__keras_tensor__", config: { shape: [null, 4], keras_history: [name, 0, 0] } }],
          kwargs: {},
        },
      ],
      ["b", 0, 0],
    ],
  ])("a Functional model whose layers follow each other, %s", (_name, inbound, outputs) => {
    const layers = [
      { ...second, name: "b", inbound_nodes: inbound("a") },
      { ...layer("InputLayer", "in", { batch_input_shape: [null, 4] }), name: "in", inbound_nodes: [] },
      { ...layer("Dense", "a", { units: 3, activation: "relu" }), name: "a", inbound_nodes: inbound("in") },
    ];
    const config = { name: "m", layers, input_layers: [["in", 0, 0]], output_layers: outputs };
    for (const className of ["Functional", "Model"]) {
      expectNetwork(modelOf({ class_name: className, config }, weights), specs(), weights);
    }
  });

  it.each([
    ["linear", "none"],
    ["relu", "relu"],
    ["tanh", "tanh"],
    ["gelu", "gelu"],
    ["elu", "elu"],
    ["silu", "silu"],
    ["swish", "silu"],
    ["sigmoid", "sigmoid"],
  ] as const)("the activation %s, in a layer or as one", (name, activation) => {
    const own = [dense(3, { activation }), dense(2)];
    const plain = layer("Dense", "a", { units: 3, ...input });
    expectNetwork(
      modelOf(sequential([layer("Dense", "a", { units: 3, activation: name, ...input }), second]), weights),
      own,
      weights,
    );
    expectNetwork(
      modelOf(sequential([plain, layer("Activation", "act", { activation: name }), second]), weights),
      own,
      weights,
    );
  });

  it.each(["softmax", "sigmoid"])("a final %s, which becomes the head", (name) => {
    const final = layer("Dense", "b", { units: 2, activation: name });
    expectNetwork(modelOf(sequential([first, final]), weights), specs(), weights, name);
    const apart = [first, second, layer("Activation", "act", { activation: name })];
    expectNetwork(modelOf(sequential(apart), weights), specs(), weights, name);
  });

  it("Flatten, Dropout and LayerNormalization", () => {
    const layers = [
      layer("Flatten", "f", { batch_input_shape: [null, 2, 2] }),
      layer("Dense", "a", { units: 3, activation: "relu" }),
      layer("LayerNormalization", "n", { epsilon: 0.01, axis: [-1] }),
      layer("Dropout", "d", { rate: 0.25 }),
      second,
    ];
    const norms = [weight("n/gamma", [3], 5), weight("n/beta", [3], 6)];
    const all = [...weights.slice(0, 2), ...norms, ...weights.slice(2)];
    const own = [dense(3, { activation: "relu" }), layerNorm({ epsilon: 0.01 }), dropout(0.25), dense(2)];
    expectNetwork(modelOf(sequential(layers), all), own, all);
  });

  it("LayerNormalization without scale and center, by Keras's epsilon", () => {
    const layers = [first, layer("LayerNormalization", "n", { scale: false, center: false }), second];
    const ones = { ...weight("", [3]), values: [1, 1, 1] };
    const zeros = { ...weight("", [3]), values: [0, 0, 0] };
    const own = [dense(3, { activation: "relu" }), layerNorm({ epsilon: 1e-3 }), dense(2)];
    const arrays = [...weights.slice(0, 2), ones, zeros, ...weights.slice(2)];
    expectNetwork(modelOf(sequential(layers), weights), own, arrays);
  });

  it("a layer without a bias", () => {
    const only = layer("Dense", "a", { units: 3, use_bias: false });
    expectNetwork(modelOf(sequential([only]), weights.slice(0, 1)), [dense(3, { bias: false })], weights.slice(0, 1));
  });

  it("weights of optimizers, which are skipped, and files in parts", () => {
    const moment = { ...weight("a/kernel", [4, 3], 8), group: "optimizer" };
    const { json, buffers } = modelOf(sequential([first, second]), [
      weights[0] as ModelWeight,
      moment,
      ...weights.slice(1),
    ]);
    const [bytes] = buffers as [Uint8Array];
    const [group] = json.weightsManifest as [(typeof json.weightsManifest)[number]];
    const parts = { ...json, weightsManifest: [{ ...group, paths: ["1", "2", "3"] }] };
    expectNetwork(
      { json: parts, buffers: [bytes.slice(0, 5), bytes.slice(5, 100), bytes.slice(100)] },
      specs(),
      weights,
    );
  });

  it("weights in several groups", () => {
    const { json } = modelOf(sequential([first, second]), weights);
    const [{ weights: listed }] = json.weightsManifest as [(typeof json.weightsManifest)[number]];
    const files = [weights.slice(0, 2), weights.slice(2)].map((each) =>
      Float32Array.from(each.flatMap(({ values = [] }) => values)),
    );
    const groups = [
      { paths: ["1"], weights: listed.slice(0, 2) },
      { paths: ["2"], weights: listed.slice(2) },
    ];
    const buffers = files.map((each) => new Uint8Array(each.buffer));
    expectNetwork({ json: { ...json, weightsManifest: groups as never }, buffers }, specs(), weights);
  });

  it.each([
    ["uint8", 1],
    ["uint16", 2],
    ["float16", 2],
  ] as const)("weights quantized as %s", (dtype, size) => {
    const only = layer("Dense", "a", { units: 3, use_bias: false, ...input });
    const stored = Array.from({ length: 12 }, (_, i) => (dtype === "float16" ? 0x3c00 + 64 * i : 20 * i));
    const quantization = dtype === "float16" ? { dtype } : { dtype, scale: 0.5, min: -3 };
    const spec = { name: "a/kernel", shape: [4, 3], dtype: "float32", quantization };
    const { json } = modelOf(sequential([only]), [spec]);
    const bytes = size === 1 ? Uint8Array.from(stored) : new Uint8Array(Uint16Array.from(stored).buffer);
    const { net } = importTfjsLayers(json, [bytes]);
    const expected = stored.map((each, i) => (dtype === "float16" ? 1 + i / 16 : each * 0.5 - 3));
    expect(Array.from(net.layers[0]?.weight as Float32Array)).toEqual(expected);
    net.dispose();
  });
});
