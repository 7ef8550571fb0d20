/** What training leaves for the garbage collector. */
import { tensor } from "affine-wasm";
import { adam, cosine, dense, type Examples, type Optimizer, Sequential, sgd } from "affine-wasm/nn";
import { expect, it } from "vitest";
import { garbageOfShared } from "../support/allShared.js";

const COUNT = 4000;
const BATCH = 4;
const x = tensor(COUNT * 20);
const own = Float32Array.from({ length: COUNT * 20 }, (_, i) => Math.sin(i));
x.data.set(own);
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 3);
const targets = new Float32Array(COUNT * 3);

const CASES: [string, () => Examples, () => Optimizer][] = [
  ["tensors, sgd", () => ({ x: x.data, labels }), () => sgd({ learningRate: 0.01, momentum: 0.9, clipNorm: 1 })],
  ["arrays, adam", () => ({ x: own, targets }), () => adam({ learningRate: cosine({ from: 1e-3 }) })],
];

it.each(CASES)("a warm training step uses no memory of the JavaScript heap: %s", async (_name, examples, make) => {
  const layers = [dense(10, { activation: "relu" }), dense(10, { activation: "gelu" }), dense(3)];
  using net = new Sequential(20, layers, { seed: 1 });
  // Measured at the ends of epochs: their metrics, and the pauses, are spread over many steps.
  const heap: number[] = [];
  const steps = COUNT / BATCH;
  const onEpoch = () => {
    heap.push(process.memoryUsage().heapUsed);
  };
  await net.fit(examples(), { optimizer: make(), epochs: 40, batchSize: BATCH, seed: 1, onEpoch });
  // A collection between two would hide what was used: most epochs see none.
  const used = heap.map((bytes, i) => bytes - (heap[i - 1] ?? 0)).slice(20);
  const bytes = (used.toSorted((a, b) => a - b)[10] as number) / steps;
  // Engines box a few float64 numbers, 16 bytes each, where they leave a function. A step has eight products.
  const limit = 200 + 8 * garbageOfShared;
  expect(bytes, "bytes a step; a view or an object for each layer or row would be hundreds").toBeLessThan(limit);
});
