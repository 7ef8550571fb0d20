/** Training runs: their metrics, their ends, and what they leave behind. */
import { tensor } from "affine-wasm";
import { adam, cosine, dense, type FitMetrics, Sequential, sgd } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { randomFrom } from "../cases.js";

/** Points of three classes, each around a centre of its own. */
function blobs(count: number, seed = 1) {
  const random = randomFrom(seed);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  const centres = [0, 2, -1, -2, 1, -2];
  const x = Float32Array.from({ length: 2 * count }, (_, i) => {
    const label = labels[i >> 1] as number;
    return (centres[2 * label + (i & 1)] as number) + 0.5 * random();
  });
  return { x, labels };
}

const network = (seed = 1) => new Sequential(2, [dense(8, { activation: "tanh" }), dense(3)], { seed });
const weightsOf = (net: Sequential) => net.layers.flatMap(({ weight, bias }) => [...weight, ...(bias ?? [])]);

describe("fit", () => {
  it("learns, and tells loss, accuracy, step and learning rate of every epoch", async () => {
    using net = network();
    const batches: FitMetrics[] = [];
    const epochs: FitMetrics[] = [];
    const history = await net.fit(blobs(100), {
      optimizer: sgd({ learningRate: cosine({ from: 0.2 }), momentum: 0.9 }),
      epochs: 4,
      batchSize: 32,
      seed: 1,
      validation: blobs(60, 2),
      onBatch: (metrics) => batches.push(metrics),
      onEpoch: (metrics) => epochs.push(metrics),
    });
    expect(history).toEqual(epochs);
    expect(history.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 4],
      [2, 8],
      [3, 12],
      [4, 16],
    ]);
    const last = history.at(-1) as FitMetrics;
    expect(last.accuracy).toBe(1);
    expect(last.loss).toBeLessThan((history[0] as FitMetrics).loss);
    expect(last.validation).toEqual(net.evaluate(blobs(60, 2)));
    expect(last.learningRate).toBeCloseTo(0.1 * (1 + Math.cos((Math.PI * 15) / 16)), 12);
    // The epoch's loss is the mean over its examples: the last batch has 4 of the 100.
    expect(batches).toHaveLength(16);
    expect(batches.map(({ step }) => step)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    const mean = batches.slice(0, 4).reduce((sum, { loss }, i) => sum + loss * (i < 3 ? 0.32 : 0.04), 0);
    expect(history[0]?.loss).toBeCloseTo(mean, 12);
  });

  it("gives the same bits from tensors and from arrays, in order and shuffled", async () => {
    const { x, labels } = blobs(50);
    using inside = tensor(x.length);
    inside.data.set(x);
    const results = await Promise.all(
      [x, inside.data].flatMap((data) =>
        [true, false].map(async (shuffle) => {
          using net = network();
          await net.fit({ x: data, labels }, { optimizer: adam({ learningRate: 0.01 }), epochs: 3, shuffle, seed: 4 });
          return weightsOf(net);
        }),
      ),
    );
    expect(results[2]).toEqual(results[0]);
    expect(results[3]).toEqual(results[1]);
    expect(results[1]).not.toEqual(results[0]);
  });
});
