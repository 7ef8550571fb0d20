/** What a network computes, and what it says of itself. */
import { memoryUsage, tensor } from "affine-wasm";
import { dense, Sequential, sgd, softmaxCrossEntropy } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { eachCase, randomFrom } from "../support/cases.js";
import { hasGrownSince, showSame } from "../support/grown.js";

const random = randomFrom(7);
const values = (length: number) => Float32Array.from({ length }, random);

describe("predict", () => {
  it("gives the outputs of the last layer, by the equation", () => {
    using net = new Sequential(3, [dense(4, { activation: "tanh" }), dense(2, { bias: false })], { dtype: "float64" });
    net.layers[0]?.bias?.set([0.1, -0.2, 0.3, 0.4]);
    const x = Float64Array.from({ length: 5 * 3 }, random);
    const [first, second] = net.layers;
    const expected: number[] = [];
    for (let s = 0; s < 5; s++) {
      const h = [0, 1, 2, 3].map((j) => {
        const sum = [0, 1, 2].reduce((t, i) => t + (x[3 * s + i] as number) * (first?.weight[4 * i + j] as number), 0);
        return Math.tanh(sum + (first?.bias?.[j] as number));
      });
      for (let j = 0; j < 2; j++)
        expected.push(h.reduce((t, v, i) => t + v * (second?.weight[2 * i + j] as number), 0));
    }
    const y = net.predict(x);
    expect(y).toHaveLength(10);
    eachCase(expected.entries(), ([i, value]) => expect(y[i]).toBeCloseTo(value, 12));
    expect(second?.bias).toBeNull();
  });

  it("gives the same bits for a row whatever batch it is in, and wherever the arrays lie", () => {
    using net = new Sequential(6, [dense(9, { activation: "gelu" }), dense(3, { activation: "sigmoid" })], { seed: 2 });
    const rows = 600; // more than are computed at a time
    const x = values(rows * 6);
    const y = net.predict(x);
    const [inside, out] = [tensor(x.length), tensor(y.length)];
    inside.data.set(x);
    expect(net.predict(inside.data, out.data)).toEqual(y);
    expect(out.data).toEqual(y);
    const ran = eachCase([0, 1, 255, 256, 599], (row) =>
      expect(net.predict(x.slice(6 * row, 6 * row + 6))).toEqual(y.slice(3 * row, 3 * row + 3)),
    );
    expect(ran).toBe(5);
    expect(net.predict(new Float32Array(0))).toHaveLength(0);
    inside.dispose();
    out.dispose();
  });
});

it("predict fills an out of a tensor also where its own buffers make the memory grow", () => {
  using net = new Sequential(20_000, [dense(2)], { seed: 3 });
  using out = tensor(2 * 256);
  // Other tests may have left room for the buffers: it is taken until memory grows.
  const taken = [tensor(20_000 * 256)];
  const { total } = memoryUsage();
  while (memoryUsage().total === total) taken.push(tensor(20_000 * 256));
  const view = out.data;
  const y = net.predict(values(20_000 * 256), view);
  expect(hasGrownSince(view, out.data), "the view that was passed, if memory grew").toBe(true);
  expect(showSame(y, out.data)).toBe(true);
  expect(y).toEqual(out.data);
  expect(y.every((value) => value !== 0)).toBe(true);
  for (const each of taken) each.dispose();
});

it("evaluate gives the same loss and accuracy in any batch size", () => {
  using net = new Sequential(4, [dense(3)], { dtype: "float64", seed: 1 });
  const x = Float64Array.from({ length: 4 * 50 }, random);
  const labels = Array.from({ length: 50 }, (_, i) => i % 3);
  const whole = net.evaluate({ x, labels });
  const y = net.predict(x);
  let loss = 0;
  let hits = 0;
  for (const [s, label] of labels.entries()) {
    const row = [...y.subarray(3 * s, 3 * s + 3)];
    loss += (Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - (row[label] as number)) / 50;
    if (row[label] === Math.max(...row)) hits++;
  }
  expect(whole.loss).toBeCloseTo(loss, 12);
  expect(whole.accuracy).toBe(hits / 50);
  eachCase([1, 7, 49, 50, 1000], (batchSize) => {
    const { loss, accuracy } = net.evaluate({ x, labels }, { batchSize, loss: softmaxCrossEntropy() });
    expect(loss).toBeCloseTo(whole.loss, 12);
    expect(accuracy).toBe(whole.accuracy);
  });
});

it("summary lists layers, parameters and bytes", () => {
  using net = new Sequential(784, [dense(100, { activation: { leakyRelu: 0.2 } }), dense(10, { bias: false })]);
  expect(net.summary()).toBe(
    [
      "layer  in × out   activation     parameters    bytes",
      "0      784 × 100  leakyRelu 0.2      78,500  314,000",
      "1      100 × 10   none                1,000    4,000",
      "total                                79,500  318,000",
    ].join("\n"),
  );
});

it("the same seed gives the same start; another seed, and every layer, another", () => {
  const layers = [dense(8), dense(8)];
  using one = new Sequential(8, layers, { seed: 1 });
  using same = new Sequential(8, layers, { seed: 1 });
  using other = new Sequential(8, layers, { seed: 2 });
  const weights = [one, same, other].flatMap((net) => net.layers.map(({ weight }) => weight.join()));
  expect(weights[2]).toBe(weights[0]);
  expect(weights[3]).toBe(weights[1]);
  expect(new Set(weights).size).toBe(4);
});

it("dispose returns all memory, that of training and of the optimizer too", async () => {
  new Sequential(2, [dense(2)]).dispose(); // starts the kernels
  const before = memoryUsage().used;
  const net = new Sequential(3, [dense(4, { activation: "gelu" }), dense(2)]);
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
  await net.fit({ x: values(30), labels: new Uint8Array(10) }, { optimizer });
  net.predict(values(3000));
  net.evaluate({ x: values(30), labels: new Uint8Array(10) });
  expect(memoryUsage().used).toBeGreaterThan(before);
  const layer = net.layers[0];
  net.dispose();
  net.dispose();
  expect(memoryUsage().used).toBe(before);
  expect(() => net.predict(values(3))).toThrow(new ReferenceError("predict: the network is used after dispose()"));
  expect(() => layer?.weight).toThrow(new ReferenceError("weight: the network is used after dispose()"));
});
