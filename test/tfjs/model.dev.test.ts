import * as layers from "@tensorflow/tfjs-layers";
import { register, restore } from "affine-wasm/tfjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BACKENDS, randomNumbers, randomTensor, tf } from "./setup.js";

type Activation = "relu" | "relu6" | "elu" | "sigmoid" | "tanh" | "linear";

/** Two hidden layers whose starting weights are the same in every run. */
function network(activation: Activation, optimizer: string): layers.LayersModel {
  const model = layers.sequential();
  const start = (seed: number) => layers.initializers.glorotUniform({ seed });
  model.add(layers.layers.dense({ inputShape: [20], units: 33, activation, kernelInitializer: start(1) }));
  model.add(layers.layers.dense({ units: 17, activation, useBias: false, kernelInitializer: start(2) }));
  model.add(layers.layers.dense({ units: 5, activation: "softmax", kernelInitializer: start(3) }));
  model.compile({ optimizer, loss: "categoricalCrossentropy" });
  return model;
}

/** The losses of a few steps on one batch, then what the trained network predicts. */
async function train(activation: Activation, optimizer: string): Promise<{ losses: number[]; output: number[] }> {
  const random = randomNumbers(7);
  const model = network(activation, optimizer);
  const x = randomTensor(random, [32, 20]);
  const classes = Array.from({ length: 32 }, (_, i) => i % 5);
  const y = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classes, "int32"), 5), "float32"));
  const losses: number[] = [];
  for (let step = 0; step < 12; step++) losses.push((await model.trainOnBatch(x, y)) as number);
  const prediction = model.predict(x) as tf.Tensor;
  const output = [...prediction.dataSync()];
  tf.dispose([x, y, prediction]);
  model.dispose();
  tf.disposeVariables();
  return { losses, output };
}

/** The blocks of the `wasm` backend's allocator that are in use; none on a backend that has no such allocator. */
function watchBlocks(): Set<number> {
  const blocks = new Set<number>();
  const { wasm } = tf.backend() as unknown as { wasm?: { _malloc(bytes: number): number; _free(at: number): void } };
  if (!wasm) return blocks;
  const { _malloc, _free } = wasm;
  wasm._malloc = (bytes) => {
    const at = _malloc(bytes);
    blocks.add(at);
    return at;
  };
  wasm._free = (at) => {
    blocks.delete(at);
    _free(at);
  };
  return blocks;
}

describe.each(BACKENDS)("a tf.layers model on the %s backend", (backendName) => {
  beforeEach(async () => {
    await tf.setBackend(backendName);
  });
  afterEach(register);

  it.each([
    ["relu", "sgd"],
    ["relu", "adam"],
    ["sigmoid", "adam"],
    ["elu", "sgd"],
    ["relu6", "rmsprop"],
    ["linear", "sgd"],
    ["tanh", "adam"],
  ] as [Activation, string][])("trains alike with the original kernels: %s, %s", async (activation, optimizer) => {
    const ours = await train(activation, optimizer);
    restore();
    const original = await train(activation, optimizer);
    expect(ours.losses).toHaveLength(12);
    expect(ours.losses.at(-1)).toBeLessThan(ours.losses[0] as number);
    for (const [step, loss] of ours.losses.entries()) {
      expect(Math.abs(loss - (original.losses[step] as number)), `step ${step}`).toBeLessThan(1e-4);
    }
    for (const [i, value] of ours.output.entries()) {
      expect(Math.abs(value - (original.output[i] as number)), `output ${i}`).toBeLessThan(1e-4);
    }
  });

  it("leaves no tensor and no byte behind, in the backend's own memory neither", async () => {
    restore();
    await train("relu", "adam");
    const before = tf.memory();
    const blocks = watchBlocks();
    register();
    await train("relu", "adam");
    await train("sigmoid", "sgd");
    const after = tf.memory();
    expect([after.numTensors, after.numDataBuffers, after.numBytes]).toEqual([
      before.numTensors,
      before.numDataBuffers,
      before.numBytes,
    ]);
    // The kernels' scratch space is the one block that is left, until they go.
    expect(blocks.size).toBe(backendName === "wasm" ? 1 : 0);
    restore();
    expect(blocks.size).toBe(0);
  });

  it("gives the gradients of the original kernels, for inputs, weights and bias", () => {
    const random = randomNumbers(11);
    const [x, w, b] = [[6, 9], [9, 4], [4]].map((shape) => randomTensor(random, shape));
    const gradients = () =>
      tf
        .grads((...given: tf.Tensor[]) => {
          const [input, weight, bias] = given as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
          return tf.sum(tf.square(tf.fused.matMul({ a: input, b: weight, bias })));
        })([x, w, b] as tf.Tensor[])
        .map((gradient) => [...gradient.dataSync()]);
    const ours = gradients();
    restore();
    const original = gradients();
    expect(ours.map((values) => values.length)).toEqual([54, 36, 4]);
    for (const [i, values] of ours.entries()) {
      for (const [j, value] of values.entries()) expect(value).toBeCloseTo(original[i]?.[j] as number, 3);
    }
  });
});
