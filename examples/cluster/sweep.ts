/** Hyper-parameters tried on the same engine: a job for each, as many at once as there are workers, a table at the end. */
import { parseArgs } from "node:util";
import { dense, Sequential, sgd } from "affine-wasm/nn";
import { Queue, QueueEvents, Worker } from "bullmq";
import { startRedis } from "../../tools/redis.js";
import { mnist, partOf } from "./digits.js";

interface Trial {
  readonly hidden: number;
  readonly learningRate: number;
}

const { values } = parseArgs({ options: { digits: { type: "string", default: "6000" } } });
const redis = await startRedis();
const { connection } = redis;
const training = partOf(await mnist("train"), 0, Math.max(1, Math.round(60_000 / Number(values.digits))));
const validation = partOf(await mnist("t10k"));

// In earnest this part runs on every machine, as worker.ts does.
const worker = new Worker<Trial, number>(
  "sweep",
  async ({ data: { hidden, learningRate } }) => {
    using net = new Sequential(784, [dense(hidden, { activation: "relu" }), dense(10)], { seed: 1 });
    await net.fit(training, { optimizer: sgd({ learningRate, momentum: 0.9 }), epochs: 2, batchSize: 64, seed: 1 });
    return net.evaluate(validation).accuracy ?? 0;
  },
  { connection, concurrency: 2 },
);
const queue = new Queue<Trial, number>("sweep", { connection });
const events = new QueueEvents("sweep", { connection });
try {
  const trials = [25, 50, 100].flatMap((hidden) => [0.01, 0.05, 0.2].map((learningRate) => ({ hidden, learningRate })));
  const jobs = await queue.addBulk(
    trials.map((data) => ({ name: "trial", data, opts: { removeOnComplete: { age: 600 } } })),
  );
  const accuracies = await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
  const rows = trials
    .map((trial, i) => ({ ...trial, accuracy: accuracies[i] as number }))
    .sort((a, b) => b.accuracy - a.accuracy);
  console.log("hidden  rate  test accuracy");
  for (const { hidden, learningRate, accuracy } of rows) {
    console.log(
      `${String(hidden).padStart(6)}  ${learningRate.toFixed(2)}  ${(100 * accuracy).toFixed(2).padStart(10)} %`,
    );
  }
} finally {
  await worker.close();
  await events.close();
  await queue.close();
  redis.stop();
}
