/**
 * `npx tsx bench/cluster/index.ts`: what a round on BullMQ and Redis costs here beyond the computing, and what that means for
 * more machines than there are here, by simulation: both modes, 2 to 1,024 workers, 1 and 10 Gbit. It needs redis-server.
 */
import { initSync } from "affine-wasm";
import { type Mode, roundsOnQueue, serveTraining, synchronous } from "affine-wasm/bullmq";
import { dense, Sequential, sgd, softmaxCrossEntropy } from "affine-wasm/nn";
import { startRedis } from "../../tools/redis.js";

const WORKERS = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const NETWORKS = { "784-128-10": [128], "784-2048-2048-10": [2048, 2048] };
/** Bytes a second. */
const LINKS = { "1 Gbit": 125e6, "10 Gbit": 1250e6 };
/** Of an update, over all workers; and updates of a worker between two averagings. */
const [BATCH, STEPS] = [4096, 100];

const networkOf = (hidden: readonly number[]) =>
  new Sequential(784, [...hidden.map((n) => dense(n, { activation: "relu" as const })), dense(10)], { seed: 1 });
const bytesOf = (net: Sequential) =>
  net.layers.reduce((sum, { weight, bias }) => sum + 4 * ((weight?.length ?? 0) + (bias?.length ?? 0)), 0);
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/** Seconds of a forward, a backward and an update of `rows` examples, here. */
function stepSeconds(net: Sequential, rows: number): number {
  const x = new Float32Array(rows * 784).fill(0.5);
  const labels = new Uint8Array(rows);
  const optimizer = sgd({ learningRate: 1e-6 });
  return median(
    Array.from({ length: 7 }, () => {
      const start = performance.now();
      const { dy } = softmaxCrossEntropy().of(net.forward(x), { labels });
      net.backward(dy, { inputGradient: false });
      optimizer.step(net);
      return (performance.now() - start) / 1000;
    }),
  );
}

/** Seconds of a round of one row and one shard: next to nothing is computed in it. */
async function roundSeconds(hidden: readonly number[], rounds: number): Promise<number> {
  const redis = await startRedis();
  const options = { connection: redis.connection, queue: "overhead" };
  const worker = serveTraining({ ...options, examples: () => ({ x: new Float32Array(784), labels: [0] }) });
  using net = networkOf(hidden);
  const mode: Mode = synchronous({ batchSize: 1, optimizer: sgd({ learningRate: 1e-6 }) });
  const seconds: number[] = [];
  let start = performance.now();
  for await (const _ of roundsOnQueue(net, { ...options, shards: 1, rounds, mode, seed: 1 })) {
    seconds.push((performance.now() - start) / 1000);
    start = performance.now();
  }
  await worker.close();
  redis.stop();
  return median(seconds.slice(5));
}

initSync(undefined, { variant: "simd" });
for (const [name, hidden] of Object.entries(NETWORKS)) {
  using net = networkOf(hidden);
  const bytes = bytesOf(net);
  const round = await roundSeconds(hidden, hidden.length > 1 ? 15 : 60);
  const [whole, small] = [stepSeconds(net, BATCH), stepSeconds(net, 64)];
  console.log(
    `\n${name}, ${(bytes / 1e6).toFixed(2)} MB: a round of nothing takes ${(1000 * round).toFixed(1)} ms on loopback;`,
  );
  console.log(
    `${BATCH} rows take ${(1000 * whole).toFixed(1)} ms, 64 rows ${(1000 * small).toFixed(2)} ms, on one core`,
  );
  console.log(`simulated speed-up over one machine        ${WORKERS.map((n) => String(n).padStart(6)).join("")}`);
  for (const [link, speed] of Object.entries(LINKS)) {
    // The coordinator's link carries the weights to every worker, and as many bytes back.
    const transfer = (workers: number) => (2 * workers * bytes) / speed;
    const lines = {
      synchronous: (n: number) => whole / (stepSecondsOf(whole, BATCH / n) + round + transfer(n)),
      averaging: (n: number) => (n * STEPS * small) / (STEPS * small + round + transfer(n)),
    };
    for (const [mode, speedUp] of Object.entries(lines)) {
      const cells = WORKERS.map((n) =>
        speedUp(n)
          .toFixed(speedUp(n) < 10 ? 2 : 0)
          .padStart(6),
      ).join("");
      console.log(`${link.padEnd(8)} ${mode.padEnd(12)} ${bar(Math.max(...WORKERS.map(speedUp)))}  ${cells}`);
    }
  }
}

/** Rows in proportion: a shard of fewer rows takes so much less. */
function stepSecondsOf(whole: number, rows: number): number {
  return (whole * rows) / BATCH;
}

/** The best of a line, in blocks: one for each doubling. */
function bar(best: number): string {
  return "█".repeat(Math.max(0, Math.round(Math.log2(Math.max(1, best)) * 2))).padEnd(20);
}
