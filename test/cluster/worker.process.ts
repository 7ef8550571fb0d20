/** A worker as a process of its own: `worker.process.ts PORT QUEUE LOCK SLOW`. It says "ready", then each job that it begins. */
import { initSync } from "affine-wasm";
import { serveTraining } from "../../src/cluster/worker.js";
import { examplesOf } from "./problem.js";

const [port, queue = "", lock, slow = "0"] = process.argv.slice(2);
// The same bits on every machine, and the same as those of the test.
initSync(undefined, { variant: "simd" });
const worker = serveTraining({
  connection: { host: "127.0.0.1", port: Number(port) },
  queue,
  lockDuration: Number(lock),
  examples: async (part) => {
    process.stdout.write(`shard ${part.shard}\n`);
    if (Number(slow) > 0) await new Promise((resolve) => setTimeout(resolve, Number(slow)));
    return examplesOf(part);
  },
});
process.on("SIGTERM", () => void worker.close().then(() => process.exit(0)));
process.stdout.write("ready\n");
