/** `npm run stress`: the stress program on each binary in turn, in a process of its own, since a library starts once. */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Affine, initSync } from "affine-wasm";
import { enableThreads, stopThreads, threads as threadsNow } from "affine-wasm/threads";
import { CommanderError } from "commander";
import { TEST as POLICY } from "../../../src/engine/threads/policy.js";
import { TEST as PASSES } from "../../../src/nn/sharedPasses.js";
import { enableAll } from "../../../tools/anew.js";
import { StressFailure } from "./failure.js";
import { stressNetworks } from "./networks.js";
import { BINARIES, type Options, parseOptions } from "./options.js";
import { type Outcome, stress } from "./stress.js";

const bytesOf = (binary: string) => readFileSync(`build/${binary}.wasm`);

/** A run that nothing was found in. */
interface Run extends Outcome {
  readonly operations: number;
  readonly bitsOfOperations: readonly number[];
  /** Tiles that were not computed by the caller's thread. */
  readonly helped: number;
}
/** What a child sends. */
type Answer = Run | { readonly failedAt: number; readonly message: string };

async function runHere(options: Options): Promise<Answer> {
  const { seconds, steps, operations: most = steps, seed, binary, threads, alone } = options;
  const bytes = bytesOf(binary as string);
  if (threads > 1) {
    // Every product and pass is shared, in tiles of odd sizes; or none.
    POLICY.factor = alone ? 0 : 1e12;
    PASSES.least = alone ? Number.POSITIVE_INFINITY : 2;
    PASSES.tile = 7;
    await enableAll({ enableThreads, stopThreads }, threads);
  }
  // Threads need the bytes.
  initSync(threads > 1 ? bytes : new WebAssembly.Module(bytes));
  if (threads > 1) await awaitHelpers(alone ? 0 : 1);
  const start = performance.now();
  const after = (part: number) => () => performance.now() >= start + 1000 * seconds * part;
  try {
    // Layers and tensors for half of the time, networks for the other.
    const outcome = stress(seed, steps, after(0.5));
    const { steps: operations, bits } = await stressNetworks(seed, most, after(1));
    const { reason } = threadsNow();
    if (reason !== null) throw new StressFailure(outcome.steps, "threads", reason);
    return { ...outcome, operations, bitsOfOperations: bits, helped: POLICY.helped };
  } catch (error) {
    if (!(error instanceof StressFailure)) throw error;
    return { failedAt: error.steps, message: error.message };
  }
}

/** Computes until helpers have computed so many tiles: on a busy machine they need a while to get a core. */
async function awaitHelpers(tiles: number): Promise<void> {
  const layer = new Affine(64, 64, { seed: 1 });
  const x = new Float32Array(64 * 64);
  const until = performance.now() + 30_000;
  do {
    layer.forward(x);
    await new Promise((resolve) => setTimeout(resolve, 5));
  } while (POLICY.helped < tiles && performance.now() < until);
  layer.dispose();
}

function runApart(binary: string, { seconds, steps, operations, seed, threads, alone }: Options): Promise<Answer> {
  const words = { binary, seconds, steps, operations, seed, threads };
  const args = Object.entries(words).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`]));
  if (alone) args.push("--alone");
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), args);
    child.on("message", (answer) => resolve(answer as Answer));
    child.on("error", reject);
    child.on("exit", (code, signal) => reject(new Error(`${binary}: the process ended with ${code ?? signal}`)));
  });
}

/**
 * On several threads, and then the same steps on one: a failure if a bit differs. That one has helpers, too, which are not asked:
 * memory that is not shared would detach views, and end operations that are not ended here.
 */
async function runOnThreads(binary: string, options: Options): Promise<Answer> {
  const shared = await runApart(binary, { ...options, seconds: options.seconds / 2 });
  if ("failedAt" in shared) return shared;
  const { steps, operations } = shared;
  const alone = await runApart(binary, { ...options, seconds: 3600, steps, operations, alone: true });
  if ("failedAt" in alone) return alone;
  if (alone.helped > 0 || shared.helped === 0) throw new Error(`tiles of helpers: ${shared.helped}, ${alone.helped}`);
  for (const bits of ["bits", "bitsOfOperations"] as const) {
    const at = alone[bits].findIndex((value, i) => value !== shared[bits][i]);
    if (at < 0) continue;
    const what = `step ${at + 1} of ${bits === "bits" ? "layers" : "networks"}`;
    return { failedAt: at + 1, message: `${what}: ${options.threads} threads have computed other bits than one` };
  }
  return shared;
}

async function main(options: Options): Promise<void> {
  const { threads, seed, seconds } = options;
  const wanted = options.binary ? [options.binary] : BINARIES.filter((name) => WebAssembly.validate(bytesOf(name)));
  console.log(`Node ${process.versions.node}, seed ${seed}${threads > 1 ? `, ${threads} threads against one` : ""}\n`);
  const last = threads > 1 ? " tiles of helpers |" : "";
  console.log(`| binary | steps of layers | operations of networks | peak memory in use |${last}`);
  console.log(`| --- | --- | --- | --- |${last && " --- |"}`);
  for (const binary of wanted) {
    const run = threads > 1 ? runOnThreads : runApart;
    const answer = await run(binary, { ...options, seconds: seconds / wanted.length });
    if ("failedAt" in answer) {
      console.error(`${binary}: ${answer.message}`);
      const on = threads > 1 ? ` --threads ${threads}` : "";
      const replay = `--binary ${binary} --seed ${seed} --steps ${answer.failedAt} --seconds 600${on}`;
      console.error(`to replay: npm run stress -- ${replay}`);
      process.exitCode = 1;
    } else {
      const { steps, operations, peak, helped } = answer;
      const row = `| ${binary} | ${steps} | ${operations} | ${(peak / 2 ** 20).toFixed(1)} MiB |`;
      console.log(`${row}${last && ` ${helped} |`}`);
    }
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (process.send) process.send(await runHere(options), () => process.disconnect());
  else await main(options);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode;
}
