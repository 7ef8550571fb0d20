/** Training runs: their metrics, their ends, and what they leave behind. */
import { memoryUsage, tensor } from "affine-wasm";
import {
  adam,
  adamW,
  cosine,
  dense,
  type FitMetrics,
  meanSquaredError,
  type Optimizer,
  Sequential,
  sgd,
  steps,
} from "affine-wasm/nn";
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

  it("starts by itself, and lets the event loop have its turns", async () => {
    using net = network();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const order: string[] = [];
    const options = { optimizer: sgd({ learningRate: 0.1 }), epochs: 60, onEpoch: () => order.push("epoch") };
    const fit = net.fit(blobs(3000), options);
    expect(order).toEqual([]); // nothing is trained before fit returns
    const start = performance.now();
    while (order.length < 60) await new Promise((resolve) => setTimeout(resolve, 2));
    const milliseconds = performance.now() - start;
    clearInterval(timer);
    expect((await fit).length).toBe(60);
    // One turn for every 8 ms or so; a timed bound would depend on the machine's load.
    if (milliseconds > 50) expect(turns).toBeGreaterThan(1);
  });

  it("iterated, trains an epoch whenever it is asked for one, and can be left", async () => {
    using net = network();
    using whole = network();
    const used = memoryUsage().used;
    const options = () => ({ optimizer: sgd({ learningRate: 0.1 }), epochs: 5, seed: 3 });
    const seen: number[] = [];
    const fit = net.fit(blobs(40), options());
    for await (const { epoch, step } of fit) {
      const before = weightsOf(net);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(weightsOf(net)).toEqual(before);
      seen.push(epoch, step);
      if (epoch === 2) break;
    }
    expect(seen).toEqual([1, 2, 2, 4]);
    expect((await fit).map(({ epoch }) => epoch)).toEqual([1, 2]);
    const all: number[] = [];
    for await (const { epoch } of whole.fit(blobs(40), options())) all.push(epoch);
    expect(all).toEqual([1, 2, 3, 4, 5]);
    // What stays are the buffers of the networks; that of the examples is returned.
    const after = memoryUsage().used;
    await whole.fit(blobs(40), options());
    expect(memoryUsage().used).toBe(after);
    expect(after).toBeGreaterThan(used);
  });

  it("cannot be iterated once it runs by itself", async () => {
    using net = network();
    const fit = net.fit(blobs(10), { optimizer: sgd({ learningRate: 0.1 }) });
    await fit;
    expect(() => fit[Symbol.asyncIterator]()).toThrow(
      new Error("fit: it runs by itself already; iterate where fit is called"),
    );
  });
});

describe("a run that ends early", () => {
  it("is rejected with the reason of an abort, between two updates, and the network stays usable", async () => {
    using net = network();
    const controller = new AbortController();
    const { signal } = controller;
    const onBatch = ({ step }: FitMetrics) => {
      if (step === 5) controller.abort(new Error("enough"));
    };
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
    const options = { optimizer, epochs: 9, batchSize: 16, seed: 1 };
    await expect(net.fit(blobs(60), { ...options, onBatch, signal })).rejects.toThrow(new Error("enough"));
    expect(optimizer.stepCount).toBe(5);
    using same = network();
    let kept: number[] = [];
    const other = { ...options, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) };
    const keep = ({ step }: FitMetrics) => {
      if (step === 5) kept = weightsOf(same);
    };
    await same.fit(blobs(60), { ...other, onBatch: keep });
    expect(weightsOf(net)).toEqual(kept);
    await net.fit(blobs(60), { optimizer: sgd({ learningRate: 0.1 }) });
    await expect(net.fit(blobs(60), { optimizer, signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  });

  it("stops at a loss that is not finite, names the step, and keeps the weights from before it", async () => {
    using net = network();
    const { x, labels } = blobs(60);
    x[2 * 50] = Number.NaN; // in the fourth batch of 16
    let kept: number[] = [];
    const onBatch = ({ step }: FitMetrics) => {
      if (step === 3) kept = weightsOf(net);
    };
    const options = { optimizer: sgd({ learningRate: 0.1 }), batchSize: 16, shuffle: false, onBatch };
    await expect(net.fit({ x, labels }, { ...options, epochs: 2 })).rejects.toThrow(
      /^fit: the loss is NaN at step 4 \(epoch 1\); the weights are those from before it\. A lower learning rate/,
    );
    expect(kept).toHaveLength(2 * 8 + 8 + 8 * 3 + 3);
    expect(weightsOf(net)).toEqual(kept);
  });

  it("stops when the rate explodes, and when clipping meets a gradient that is not finite", async () => {
    using net = network();
    const { x } = blobs(60);
    const targets = Float32Array.from({ length: 180 }, (_, i) => i);
    const fit = net.fit({ x, targets }, { optimizer: sgd({ learningRate: 1e6 }), epochs: 100 });
    await expect(fit).rejects.toThrow(/^fit: the loss is (Infinity|NaN) at step \d+ \(epoch \d+\)/);
    using huge = new Sequential(2, [dense(3)]);
    const far = Float32Array.from({ length: 180 }, () => 3e38);
    const clipped = { optimizer: sgd({ learningRate: 0.1, clipNorm: 1 }), loss: meanSquaredError() };
    const before = weightsOf(huge);
    await expect(huge.fit({ x: x.map((value) => value * 1e30), targets: far }, clipped)).rejects.toThrow("at step 1");
    expect(weightsOf(huge)).toEqual(before);
  });

  it("is rejected if the network is disposed meanwhile, and by what a callback throws", async () => {
    const net = network();
    const used = memoryUsage().used;
    const options = { optimizer: sgd({ learningRate: 0.1 }), epochs: 3 };
    const fit = net.fit(blobs(60), { ...options, onEpoch: () => net.dispose() });
    await expect(fit).rejects.toThrow(new ReferenceError("fit: the network is used after dispose()"));
    expect(memoryUsage().used).toBeLessThan(used);
    using other = network();
    const onBatch = () => {
      throw new Error("mine");
    };
    await expect(other.fit(blobs(60), { ...options, optimizer: sgd({ learningRate: 1 }), onBatch })).rejects.toThrow(
      "mine",
    );
  });
});

describe("resuming", () => {
  const CASES: [string, () => Optimizer][] = [
    ["sgd", () => sgd({ learningRate: cosine({ from: 0.1, warmup: 3 }), momentum: 0.9, weightDecay: 1e-3 })],
    ["adam", () => adam({ learningRate: steps({ from: 0.02, factor: 0.5, everyEpochs: 2 }) })],
    ["adamW", () => adamW({ learningRate: 0.01, clipNorm: 0.1 })],
  ];

  it.each(CASES)("with %s after two epochs of five gives the bits of an uninterrupted run", async (_name, make) => {
    const options = { epochs: 5, batchSize: 16, seed: 9 };
    using whole = network();
    await whole.fit(blobs(100), { ...options, optimizer: make() });

    using first = network();
    const optimizer = make();
    for await (const { epoch } of first.fit(blobs(100), { ...options, optimizer })) if (epoch === 2) break;
    const saved = {
      weights: first.layers.map(({ weight, bias }) => ({ weight: weight.slice(), bias: bias?.slice() ?? [] })),
      state: new Map([...optimizer.exportState()].map(([name, array]) => [name, array.slice()])),
      stepCount: optimizer.stepCount,
    };
    first.dispose();

    using second = network(2);
    for (const [i, layer] of second.layers.entries()) {
      layer.weight.set(saved.weights[i]?.weight as Float32Array);
      layer.bias?.set(saved.weights[i]?.bias as Float32Array);
    }
    const again = make();
    again.importState(saved.state, saved.stepCount);
    const history = await second.fit(blobs(100), { ...options, optimizer: again, startEpoch: 3 });
    expect(history.map(({ epoch, step }) => [epoch, step])).toEqual([
      [3, 21],
      [4, 28],
      [5, 35],
    ]);
    expect(weightsOf(second)).toEqual(weightsOf(whole));
    expect(again.stepCount).toBe(35);
  });

  it("needs the state: without it the bits differ", async () => {
    const options = { epochs: 2, batchSize: 16, seed: 9 };
    const rule = { learningRate: 0.1, momentum: 0.9 };
    using whole = network();
    await whole.fit(blobs(100), { ...options, optimizer: sgd(rule) });
    using parted = network();
    await parted.fit(blobs(100), { ...options, epochs: 1, optimizer: sgd(rule) });
    await parted.fit(blobs(100), { ...options, startEpoch: 2, optimizer: sgd(rule) });
    expect(weightsOf(parted)).not.toEqual(weightsOf(whole));
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
