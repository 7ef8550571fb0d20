/** Training runs that end early, and those that go on from there. */
import { memoryUsage } from "affine-wasm";
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
import { blobs, network, weightsOf } from "../support/nn/blobs.js";

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
    for await (const { epoch } of first.epochs(blobs(100), { ...options, optimizer })) if (epoch === 2) break;
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
    for (const array of saved.state.values()) array.fill(Number.NaN); // it has copies
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
