/**
 * `npm run bench:tfjs [-- --profile]`: a training step of tf.layers networks on the `wasm` backend, with and without the import, in
 * alternating runs of one process; medians. After `npm run install:dev`.
 */
import { cpus } from "node:os";
import type * as Layers from "@tensorflow/tfjs-layers";

const tf = await import("@tensorflow/tfjs-core");
await import("@tensorflow/tfjs-backend-wasm");
const { initializers, layers, sequential } = await import("@tensorflow/tfjs-layers");
const { register, restore } = await import("affine-wasm/tfjs");

const NETWORKS: { sizes: [number, ...number[]]; batch: number }[] = [
  { sizes: [784, 100, 10], batch: 100 },
  { sizes: [784, 256, 10], batch: 64 },
  { sizes: [784, 512, 256, 10], batch: 128 },
  { sizes: [1024, 1024, 1024], batch: 128 },
  { sizes: [784, 2048, 2048, 10], batch: 256 },
];
const RUNS = 7;

function network([inputs, ...units]: [number, ...number[]]): Layers.LayersModel {
  const model = sequential();
  for (const [i, size] of units.entries()) {
    model.add(
      layers.dense({
        units: size,
        activation: i < units.length - 1 ? "relu" : "softmax",
        kernelInitializer: initializers.glorotUniform({ seed: i }),
        ...(i === 0 && { inputShape: [inputs] }),
      }),
    );
  }
  model.compile({ optimizer: "sgd", loss: "categoricalCrossentropy" });
  return model;
}

/** A step on random rows, and what returns their memory. */
function stepOf(model: Layers.LayersModel, sizes: readonly number[], batch: number) {
  const x = tf.randomUniform([batch, sizes[0] as number]);
  const classes = Array.from({ length: batch }, (_, i) => i % 10);
  const y = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classes, "int32"), sizes.at(-1) as number), "float32"));
  const dispose = () => {
    tf.dispose([x, y]);
    model.dispose();
  };
  return { step: () => model.trainOnBatch(x, y), dispose };
}

/** Milliseconds of one step, over as many as take a tenth of a second. */
async function timeOfStep(step: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let steps = 0;
  do {
    await step();
    steps++;
  } while (performance.now() - start < 100);
  return (performance.now() - start) / steps;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;

await tf.setBackend("wasm");
console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model}, tfjs ${tf.version_core}, SGD, ms a step, median of ${RUNS}`,
);
if (process.argv.includes("--profile")) {
  const [{ sizes, batch }] = NETWORKS as [(typeof NETWORKS)[number]];
  const { profile } = await import("./profile.js");
  const model = network(sizes);
  await profile(stepOf(model, sizes, batch).step);
  process.exit();
}
console.log("network                  batch      tfjs   with affine-wasm");
for (const { sizes, batch } of NETWORKS) {
  const model = network(sizes);
  const { step, dispose } = stepOf(model, sizes, batch);
  const times = { original: [] as number[], ours: [] as number[] };
  // The first round warms up.
  for (let run = 0; run <= RUNS; run++) {
    restore();
    const original = await timeOfStep(step);
    register();
    const ours = await timeOfStep(step);
    if (run > 0) {
      times.original.push(original);
      times.ours.push(ours);
    }
  }
  const [without, with_] = [median(times.original), median(times.ours)];
  const ratio = `${(without / with_).toFixed(1)}×`;
  console.log(
    `${sizes.join("-").padEnd(24)} ${String(batch).padStart(5)} ${without.toFixed(2).padStart(9)} ${with_.toFixed(2).padStart(9)} ${ratio.padStart(8)}`,
  );
  dispose();
}
