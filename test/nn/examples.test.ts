/** What training and evaluation make of the examples: each counts once, with what belongs to it, and as much as any other. */
import { memoryUsage, tensor } from "affine-wasm";
import {
  binaryCrossEntropy,
  dense,
  type Examples,
  type FitOptions,
  meanSquaredError,
  Sequential,
  sgd,
  softmaxCrossEntropy,
} from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { eachCase, randomFrom } from "../support/cases.js";
import { blobs, network, weightsOf } from "../support/nn/blobs.js";

const COUNT = 12;
const CLASSES = 3;
const random = randomFrom(3);
const values = (length: number) => Float32Array.from({ length }, random);

describe.each([2, 40])("examples of %i columns", (columns) => {
  const x = values(COUNT * columns);
  const labels = Array.from({ length: COUNT }, (_, i) => i % CLASSES);
  const targets = values(COUNT * CLASSES);
  const kinds: [string, (from: number, to: number) => Examples][] = [
    ["labels", (from, to) => ({ x: x.subarray(from * columns, to * columns), labels: labels.slice(from, to) })],
    [
      "targets",
      (from, to) => ({
        x: x.subarray(from * columns, to * columns),
        targets: targets.subarray(from * CLASSES, to * CLASSES),
      }),
    ],
  ];

  it.each(kinds)("come once an epoch, each with its own of the %s, in an order of the epoch", async (_, part) => {
    using net = new Sequential(columns, [dense(CLASSES)], { seed: 1 });
    const expected = labels.map((_, i) => net.evaluate(part(i, i + 1)).loss);
    expect(new Set(expected).size).toBe(COUNT);
    const all = part(0, COUNT);
    using inside = tensor(x.length);
    inside.data.set(x);
    using wanted = tensor(targets.length);
    wanted.data.set(targets);
    const placed = { ...all, x: inside.data, ...(all.targets && { targets: wanted.data }) } as Examples;
    for (const examples of [all, placed]) {
      for (const shuffle of [true, false]) {
        // At rate 0 every loss is that of the example alone.
        const seen: number[] = [];
        const optimizer = sgd({ learningRate: 0 });
        const onBatch = ({ loss }: { loss: number }) => seen.push(loss);
        await net.fit(examples, { optimizer, epochs: 2, batchSize: 1, seed: 5, shuffle, onBatch });
        const epochs = [seen.slice(0, COUNT), seen.slice(COUNT)];
        eachCase(epochs, (losses) => {
          expect(losses.toSorted()).toEqual(expected.toSorted());
          if (shuffle) expect(losses).not.toEqual(expected);
          else expect(losses).toEqual(expected);
        });
        if (shuffle) expect(epochs[0]).not.toEqual(epochs[1]);
      }
    }
  });

  it.each(kinds)("of a last, shorter batch share an update among themselves: %s", async (_, part) => {
    const options = (batchSize: number) => ({ optimizer: sgd({ learningRate: 0.1 }), batchSize, shuffle: false });
    const make = () => new Sequential(columns, [dense(CLASSES)], { seed: 1 });
    using whole = make();
    await whole.fit(part(0, COUNT), options(8));
    using parted = make();
    await parted.fit(part(0, 8), options(8));
    await parted.fit(part(8, COUNT), options(4));
    expect(weightsOf(whole)).toEqual(weightsOf(parted));
  });
});

it("labels are those from when fit was called, whatever is written over them", async () => {
  const train = async (onBatch?: (labels: Uint8Array) => void) => {
    using net = network();
    const { x, labels } = blobs(40);
    const options = { optimizer: sgd({ learningRate: 0.1 }), epochs: 2, batchSize: 8, seed: 1 };
    await net.fit({ x, labels }, { ...options, onBatch: () => onBatch?.(labels) });
    return weightsOf(net);
  };
  expect(await train((labels) => labels.fill(200))).toEqual(await train());
});

it("a network that predicted as many rows before has room for gradients when it trains", async () => {
  const train = async (before: (net: Sequential) => unknown) => {
    using net = network();
    before(net);
    await net.fit(blobs(40), { optimizer: sgd({ learningRate: 0.1 }), batchSize: 8, seed: 1 });
    return weightsOf(net);
  };
  expect(await train((net) => net.predict(blobs(40).x))).toEqual(await train(() => {}));
});

it("all that a run took for its examples is returned, and for those of the validation", async () => {
  using net = network();
  const options = (): FitOptions => ({ optimizer: sgd({ learningRate: 0.1 }), validation: blobs(30, 2) });
  await net.fit(blobs(40), options());
  const before = memoryUsage().used;
  await net.fit(blobs(40), options());
  expect(memoryUsage().used).toBe(before);
});

it("the loss is the mean over examples or elements, and the default what fits them", () => {
  using net = new Sequential(2, [dense(3)], { dtype: "float64", seed: 1 });
  const own = Float64Array.from({ length: 2 * 5 }, random);
  const y = [...net.predict(own)];
  const labels = [0, 2, 1, 1, 0];
  const targets = Float64Array.from({ length: 15 }, () => (random() + 1) / 2);
  const mean = (each: (value: number, i: number) => number) =>
    y.reduce((sum, value, i) => sum + each(value, i), 0) / y.length;
  const squares = mean((value, i) => (value - (targets[i] as number)) ** 2);
  const binary = mean((value, i) => Math.log1p(Math.exp(value)) - (targets[i] as number) * value);
  const perExample =
    3 *
    mean((value, i) => {
      const row = y.slice(i - (i % 3), i - (i % 3) + 3);
      const logSum = Math.log(row.reduce((sum, each) => sum + Math.exp(each), 0));
      return i % 3 === labels[Math.floor(i / 3)] ? logSum - value : 0;
    });
  const { loss: classes } = net.evaluate({ x: own, labels });
  expect(classes).toBeCloseTo(perExample, 12);
  expect(net.evaluate({ x: own, labels }, { loss: softmaxCrossEntropy() }).loss).toBe(classes);
  const { loss: byValue } = net.evaluate({ x: own, targets });
  expect(byValue).toBeCloseTo(squares, 12);
  expect(net.evaluate({ x: own, targets }, { loss: meanSquaredError() }).loss).toBe(byValue);
  expect(net.evaluate({ x: own, targets }, { loss: binaryCrossEntropy() }).loss).toBeCloseTo(binary, 12);
});
