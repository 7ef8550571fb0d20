/** A folder of files scored on the same engine: each is a job, and writes its result beside it. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argmax, dense, loadModel, Sequential, saveModel, sgd } from "affine-wasm/nn";
import { writeFileAtomic } from "affine-wasm/node";
import { readNpy, writeNpy } from "affine-wasm/npy";
import { Queue, QueueEvents, Worker } from "bullmq";
import { startRedis } from "../../tools/redis.js";
import { mnist, partOf } from "./digits.js";

const FILES = 20;
const folder = await mkdtemp(join(tmpdir(), "affine-wasm-score-"));
const redis = await startRedis();
const { connection } = redis;
const test = await mnist("t10k");
using trained = new Sequential(784, [dense(50, { activation: "relu" }), dense(10)], { seed: 1 });
await trained.fit(partOf(await mnist("train"), 0, 10), {
  optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
  epochs: 2,
});
const model = saveModel(trained);
const parts = Array.from({ length: FILES }, (_, i) => partOf(test, i, FILES));
for (const [i, { x }] of parts.entries())
  await writeFileAtomic(join(folder, `${i}.npy`), writeNpy(Float32Array.from(x), [x.length / 784, 784]));

using net = loadModel(model);
const worker = new Worker<{ file: string }, number>(
  "score",
  async ({ data: { file } }) => {
    const { data } = readNpy(new Uint8Array(await readFile(join(folder, file))));
    const classes = argmax(net.predict(data as Float32Array), 10);
    await writeFileAtomic(join(folder, file.replace(/npy$/, "classes.npy")), writeNpy(Int32Array.from(classes)));
    return classes.length;
  },
  { connection, concurrency: 2 },
);
const queue = new Queue<{ file: string }, number>("score", { connection });
const events = new QueueEvents("score", { connection });
try {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".npy"));
  const jobs = await queue.addBulk(
    files.map((file) => ({ name: "file", data: { file }, opts: { removeOnComplete: { age: 600 } } })),
  );
  const rows = await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
  let right = 0;
  for (const [i, { labels }] of parts.entries()) {
    const { data } = readNpy(new Uint8Array(await readFile(join(folder, `${i}.classes.npy`))));
    right += labels.reduce((sum, label, row) => sum + (data[row] === label ? 1 : 0), 0);
  }
  const count = rows.reduce((sum, each) => sum + each, 0);
  console.log(`${files.length} files, ${count} digits scored, ${((100 * right) / count).toFixed(2)} % of them right`);
} finally {
  await worker.close();
  await events.close();
  await queue.close();
  redis.stop();
  await rm(folder, { recursive: true });
}
