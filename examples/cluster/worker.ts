/**
 * A machine that takes part. On machines of your own, one of these on each:
 *
 *     REDIS_HOST=10.0.0.1 REDIS_PASSWORD=… npm run example examples/cluster/worker.ts
 */
import { initSync } from "affine-wasm";
import { serveTraining } from "affine-wasm/bullmq";
import { mnist, partOf } from "./digits.js";

const { REDIS_HOST = "127.0.0.1", REDIS_PORT = "6379", REDIS_PASSWORD, QUEUE = "digits" } = process.env;
// The variant whose bits are the same on every machine: whoever mixes machines wants it.
initSync(undefined, { variant: "simd" });
const digits = await mnist("train");
const worker = serveTraining({
  connection: { host: REDIS_HOST, port: Number(REDIS_PORT), ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }) },
  queue: QUEUE,
  examples: ({ shard, shards }) => partOf(digits, shard, shards),
  lockDuration: 5000,
});
console.log(`${worker.name} serves "${QUEUE}"`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void worker.close().then(() => process.exit(0)));
}
