/**
 * Real MNIST on three workers, in both modes, once undisturbed and once with a worker killed in the middle: the weights are
 * the same, bit by bit. `--rounds 20` does fewer rounds of each.
 */
import { parseArgs } from "node:util";
import { initSync } from "affine-wasm";
import { averaging, fitOnQueue, type Mode, roundsOnQueue, synchronous } from "affine-wasm/bullmq";
import { dense, Sequential, saveWeights, sgd } from "affine-wasm/nn";
import { startRedis } from "../../tools/redis.js";
import { mnist, partOf } from "./digits.js";
import { startWorkers } from "./workers.js";

const { values } = parseArgs({ options: { rounds: { type: "string" } } });
const SHARDS = 8;
/** Five passes over the 60,000 digits. */
const MODES: Record<string, { rounds: number; mode: () => Mode }> = {
  synchronous: {
    rounds: 586,
    mode: () => synchronous({ batchSize: 512, optimizer: sgd({ learningRate: 0.4, momentum: 0.9 }) }),
  },
  averaging: {
    rounds: 37,
    mode: () => averaging({ steps: 16, batchSize: 64, optimizer: { name: "sgd", learningRate: 0.3, momentum: 0.9 } }),
  },
};

initSync(undefined, { variant: "simd" });
const validation = partOf(await mnist("t10k"));
const network = () => new Sequential(784, [dense(100, { activation: "relu" }), dense(10)], { seed: 1 });

const redis = await startRedis();
try {
  for (const [name, { rounds: all, mode }] of Object.entries(MODES)) {
    const rounds = Math.min(all, Number(values.rounds ?? all));
    const options = { connection: redis.connection, queue: `digits-${name}`, shards: SHARDS, rounds, seed: 1 };
    const workers = await startWorkers(3, redis.connection.port, options.queue);
    try {
      using undisturbed = network();
      await fitOnQueue(undisturbed, { ...options, mode: mode() });
      console.log(`${name}, undisturbed: test accuracy ${percent(undisturbed.evaluate(validation).accuracy)}`);

      using disturbed = network();
      let killed = false;
      const start = performance.now();
      for await (const { round, loss, again } of roundsOnQueue(disturbed, {
        ...options,
        mode: mode(),
        shardTimeout: 2000,
      })) {
        if (!killed && round >= rounds / 2) {
          killed = true;
          workers.killOne();
        }
        progress(
          `${name}  round ${round}/${rounds}  loss ${loss.toFixed(4)}${killed ? "  one worker killed" : ""}${again > 0 ? `  ${again} again` : ""}`,
        );
      }
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const same = Buffer.from(saveWeights(disturbed)).equals(Buffer.from(saveWeights(undisturbed)));
      const accuracy = percent(disturbed.evaluate(validation).accuracy);
      console.log(`\n${name}, a worker killed: test accuracy ${accuracy}, ${rounds} rounds in ${seconds} s`);
      console.log(`weights ${same ? "the same, bit by bit" : "DIFFERENT"}`);
      if (!same) process.exitCode = 1;
    } finally {
      workers.stop();
    }
  }
} finally {
  redis.stop();
}

function percent(accuracy = 0): string {
  return `${(100 * accuracy).toFixed(2)} %`;
}

/** One line, written over on a terminal. */
function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r${text.slice(0, (process.stdout.columns ?? 80) - 1)}\x1b[K`);
}
