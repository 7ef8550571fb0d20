/** Training runs: their metrics, their turns, and what they leave behind. */
import { memoryUsage, tensor } from "affine-wasm";
import { adam, cosine, type FitMetrics, sgd } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { blobs, network, weightsOf } from "../support/nn/blobs.js";

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

  it("starts by itself, and lets the event loop have its turns", async () => {
    using net = network();
    // Tests before this one may have held the event loop for a minute: after that Firefox lets no timer in for half a second.
    await new Promise((resolve) => setTimeout(resolve));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const order: string[] = [];
    const options = { optimizer: sgd({ learningRate: 0.1 }), epochs: 200, onEpoch: () => order.push("epoch") };
    const fit = net.fit(blobs(3000), options);
    expect(order).toEqual([]); // nothing is trained before fit returns
    const start = performance.now();
    while (order.length < 200) await new Promise((resolve) => setTimeout(resolve, 2));
    const milliseconds = performance.now() - start;
    clearInterval(timer);
    expect((await fit).length).toBe(200);
    // One turn for every 8 ms or so; a timed bound would depend on the machine's load.
    if (milliseconds > 50) expect(turns).toBeGreaterThan(1);
  });

  it("epochs trains an epoch whenever it is asked for one, even after a pause, and can be left", async () => {
    using net = network();
    using whole = network();
    const used = memoryUsage().used;
    const options = () => ({ optimizer: sgd({ learningRate: 0.1 }), epochs: 5, seed: 3 });
    const seen: number[] = [];
    const told: number[] = [];
    const epochs = net.epochs(blobs(40), { ...options(), onEpoch: ({ epoch }) => told.push(epoch) });
    await new Promise((resolve) => setTimeout(resolve, 5));
    for await (const { epoch, step } of epochs) {
      const before = weightsOf(net);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(weightsOf(net)).toEqual(before);
      seen.push(epoch, step);
      expect(told.at(-1)).toBe(epoch);
      if (epoch === 2) break;
    }
    expect(seen).toEqual([1, 2, 2, 4]);
    const all: number[] = [];
    for await (const { epoch } of whole.epochs(blobs(40), options())) all.push(epoch);
    expect(all).toEqual([1, 2, 3, 4, 5]);
    // What stays are the buffers of the networks; that of the examples is returned.
    const after = memoryUsage().used;
    await whole.fit(blobs(40), options());
    expect(memoryUsage().used).toBe(after);
    expect(after).toBeGreaterThan(used);
  });

  it("epochs checks its arguments at once, and takes no memory before the first epoch is asked for", async () => {
    using net = network();
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
    expect(() => net.epochs({ x: new Float32Array(3), labels: [0] }, { optimizer })).toThrow(
      new RangeError("epochs: examples.x has 3 values, not a multiple of inFeatures 2"),
    );
    const used = memoryUsage().used;
    const left = net.epochs(blobs(10), { optimizer });
    net.epochs(blobs(10), { optimizer });
    await left.return();
    expect(memoryUsage().used).toBe(used);
    const disposed = network();
    const late = disposed.epochs(blobs(10), { optimizer: sgd({ learningRate: 0.1 }) });
    disposed.dispose();
    await expect(late.next()).rejects.toThrow(new ReferenceError("epochs: the network is used after dispose()"));
  });
});

it("clipNorm scales the gradient of the whole network to that norm, as PyTorch's clip_grad_norm_", async () => {
  const gradients = async (clipNorm?: number) => {
    using net = network();
    await net.fit(blobs(30), { optimizer: sgd({ learningRate: 0, ...(clipNorm && { clipNorm }) }), shuffle: false });
    return net.layers.flatMap(({ dWeight, dBias }) => [...dWeight, ...(dBias ?? [])]);
  };
  const free = await gradients();
  const norm = Math.hypot(...free);
  const clipped = await gradients(norm / 2);
  for (const [i, value] of clipped.entries()) {
    expect(value).toBeCloseTo(((free[i] as number) * norm) / 2 / (norm + 1e-6), 6);
  }
  expect(await gradients(2 * norm)).toEqual(free);
  expect(clipped).toHaveLength(2 * 8 + 8 + 8 * 3 + 3);
});
