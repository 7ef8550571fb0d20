/** Learning rates, step by step. */
import { cosine, dense, type Schedule, Sequential, sgd, steps } from "affine-wasm/nn";
import { expect, it } from "vitest";
import { shuffle } from "../../src/nn/batches.js";
import { eachCase } from "../support/cases.js";

const RUN = { totalSteps: 20, stepsPerEpoch: 5 };
const rates = (schedule: Schedule, count: number) => Array.from({ length: count }, (_, step) => schedule(step, RUN));

it("cosine falls by half a cosine over the run, the steps or the epochs given, and then stays", () => {
  const expected = (length: number, from: number, to: number) =>
    Array.from(
      { length: 25 },
      (_, s) => to + ((from - to) * (1 + Math.cos((Math.PI * Math.min(s, length)) / length))) / 2,
    );
  const cases: [Schedule, number[]][] = [
    [cosine({ from: 1 }), expected(20, 1, 0)],
    [cosine({ from: 0.5, to: 0.1 }), expected(20, 0.5, 0.1)],
    [cosine({ from: 1, steps: 8 }), expected(8, 1, 0)],
    [cosine({ from: 1, epochs: 3 }), expected(15, 1, 0)],
  ];
  eachCase(cases, ([schedule, values]) => {
    for (const [i, rate] of rates(schedule, 25).entries()) expect(rate).toBeCloseTo(values[i] as number, 14);
  });
});

it("cosine rises in a line to its start in a warm-up", () => {
  const values = rates(cosine({ from: 1, warmup: 4 }), 20);
  expect(values.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1]);
  expect(values[12]).toBeCloseTo(0.5, 14); // half of the 16 steps that are left
  expect(cosine({ from: 1, warmup: 30 })(25, RUN)).toBeCloseTo(26 / 30, 14);
});

it("steps is a staircase, in steps or in epochs", () => {
  expect(rates(steps({ from: 1, factor: 0.5, every: 3 }), 8)).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]);
  expect(rates(steps({ from: 1, factor: 0.1, everyEpochs: 1 }), 6)).toEqual([1, 1, 1, 1, 1, 0.1]);
});

it("any function is a schedule, and is told of the run", async () => {
  using net = new Sequential(1, [dense(1)]);
  const seen: unknown[] = [];
  const learningRate: Schedule = (step, run) => {
    seen.push([step, { ...run }]);
    return 0.1;
  };
  const examples = { x: new Float32Array(5), targets: new Float32Array(5) };
  const options = { optimizer: sgd({ learningRate }), epochs: 2, batchSize: 3 };
  await net.fit(examples, options);
  const run = { totalSteps: 4, stepsPerEpoch: 2 };
  expect(seen).toEqual([0, 1, 2, 3].map((step) => [step, run]));
});

it("the order of an epoch depends on seed and epoch alone, and holds every example once", () => {
  const order = (seed: number, epoch: number) => {
    const indices = new Int32Array(100).fill(-1);
    shuffle(indices, seed, epoch);
    return [...indices];
  };
  expect(order(1, 2)).toEqual(order(1, 2));
  const orders = [order(1, 1), order(1, 2), order(2, 1), order(2, 2), order(0, 1)];
  expect(new Set(orders.map(String)).size).toBe(5);
  const all = Array.from({ length: 100 }, (_, i) => i);
  eachCase(orders, (indices) => expect(indices.toSorted((a, b) => a - b)).toEqual(all));
});

it("every place of an epoch's order is equally likely for every example", () => {
  const places = new Float64Array(25);
  const indices = new Int32Array(5);
  for (let epoch = 0; epoch < 5000; epoch++) {
    shuffle(indices, 7, epoch);
    for (const [place, index] of indices.entries())
      places[5 * place + index] = (places[5 * place + index] as number) + 1;
  }
  // 1000 expected, with a standard deviation of 28: five of them.
  for (const count of places) expect(Math.abs(count - 1000)).toBeLessThan(142);
});
