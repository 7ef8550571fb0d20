/** A coordinator as a process of its own: `coordinator.process.ts PORT QUEUE FILE`. It says each round, once its checkpoint is in the file. */
import { initSync } from "affine-wasm";
import { writeFileAtomic } from "affine-wasm/node";
import { fitOnQueue } from "../../src/cluster/coordinator.js";
import { MODES, network, SEED, SHARDS } from "./problem.js";

const [port, queue = "", file = ""] = process.argv.slice(2);
initSync(undefined, { variant: "simd" });
await fitOnQueue(network(false), {
  connection: { host: "127.0.0.1", port: Number(port) },
  queue,
  shards: SHARDS,
  rounds: 5,
  seed: SEED,
  mode: (MODES.synchronous as (typeof MODES)[string])(),
  onRound: async ({ round, checkpoint }) => {
    await writeFileAtomic(file, checkpoint());
    process.stdout.write(`round ${round}\n`);
  },
});
