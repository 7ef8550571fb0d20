/** Runs that stop early, end with the best weights, train on a loss of the user's own, or weigh their examples. */
import { binaryCrossEntropy, dense, type FitMetrics, Sequential, sgd, softmaxCrossEntropy } from "affine-wasm/nn";
import { expect, it } from "vitest";
import { blobs, network, weightsOf } from "../support/nn/blobs.js";

const optimizer = () => sgd({ learningRate: 0.1 });

it("patience stops where the validation loss falls no more, and restoreBest goes back to where it was least", async () => {
  using net = network();
  const { x, labels } = blobs(60);
  // Wrong labels: the better the training goes, the worse it gets on these.
  const validation = { x, labels: labels.map((label) => (label + 1) % 3) };
  const kept: number[][] = [];
  const onEpoch = () => kept.push(weightsOf(net));
  const options = { optimizer: optimizer(), epochs: 50, seed: 1, validation, patience: 3, restoreBest: true, onEpoch };
  const history = await net.fit({ x, labels }, options);
  const losses = history.map((metrics) => metrics.validation?.loss as number);
  const best = losses.indexOf(Math.min(...losses));
  expect(history).toHaveLength(best + 4);
  expect(weightsOf(net)).toEqual(kept[best]);
  expect(weightsOf(net)).not.toEqual(kept.at(-1));
});

it("a loss of one's own trains as the ready one that it computes", async () => {
  using net = network();
  using ready = network();
  const { x, labels } = blobs(50);
  const targets = Float32Array.from({ length: 150 }, (_, i) => (labels[Math.floor(i / 3)] === i % 3 ? 1 : 0));
  const lengths: number[] = [];
  const loss = (y: Float32Array, t: Float32Array | Int32Array, dy: Float32Array) => {
    lengths.push(y.length, t.length, dy.length);
    let sum = 0;
    for (let i = 0; i < y.length; i++) {
      const error = (y[i] as number) - (t[i] as number);
      sum += error * error;
      dy[i] = (2 * error) / y.length;
    }
    return sum / y.length;
  };
  const own = await net.fit({ x, targets }, { optimizer: optimizer(), loss, batchSize: 20, epochs: 3, seed: 1 });
  const other = await ready.fit({ x, targets }, { optimizer: optimizer(), batchSize: 20, epochs: 3, seed: 1 });
  expect(new Set(lengths)).toEqual(new Set([60, 30]));
  expect(own.at(-1)?.loss).toBeCloseTo(other.at(-1)?.loss as number, 6);
  for (const [i, w] of weightsOf(net).entries()) expect(w).toBeCloseTo(weightsOf(ready)[i] as number, 6);
  const before = weightsOf(net);
  await expect(net.fit({ x, targets }, { optimizer: optimizer(), loss: () => Number.NaN })).rejects.toThrow(
    /^fit: the loss is NaN at step 1/,
  );
  expect(weightsOf(net)).toEqual(before);
});

it("callbacks that return a promise are awaited, and their rejection ends the run", async () => {
  using net = network();
  let waited = 0;
  const onBatch = async ({ step }: FitMetrics) => {
    await Promise.resolve();
    waited++;
    if (step === 3) throw new Error("enough");
  };
  await expect(net.fit(blobs(100), { optimizer: optimizer(), batchSize: 10, onBatch })).rejects.toThrow("enough");
  expect(waited).toBe(3);
});

it("examples of weight 0 change nothing, and a batch of classes that count nothing has loss 0", async () => {
  using net = network();
  const before = weightsOf(net);
  const { x, labels } = blobs(30);
  const rule = optimizer();
  const [metrics] = await net.fit({ x, labels }, { optimizer: rule, classWeights: [0, 0, 0] });
  expect(metrics?.loss).toBe(0);
  expect(rule.stepCount).toBe(0);
  await net.fit({ x, labels, weights: new Float32Array(30) }, { optimizer: optimizer() });
  expect(weightsOf(net)).toEqual(before);
});

it("tells the accuracy for one-hot and for 0/1 targets", () => {
  using net = new Sequential(2, [dense(2)], { seed: 1 });
  const x = Float32Array.of(1, 2, -3, 1, 0.5, -1);
  const y = net.predict(x);
  const hot = Float32Array.of(1, 0, 0, 1, 1, 0);
  const right = [0, 1, 2].filter((r) => {
    const first = (y[2 * r] as number) >= (y[2 * r + 1] as number);
    return first === (hot[2 * r] === 1);
  });
  expect(net.evaluate({ x, targets: hot }, { loss: softmaxCrossEntropy() }).accuracy).toBe(right.length / 3);
  const sides = hot.filter((t, i) => (t === 1 ? (y[i] as number) > 0 : (y[i] as number) <= 0)).length;
  expect(net.evaluate({ x, targets: hot }, { loss: binaryCrossEntropy() }).accuracy).toBe(sides / 6);
  expect(net.evaluate({ x, targets: hot }).accuracy).toBeUndefined();
});
