/** `npm run stress`: the stress program on each binary in turn, in a process of its own, since a library starts once. */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { initSync } from "affine-wasm";
import { CommanderError } from "commander";
import { StressFailure } from "./failure.js";
import { stressNetworks } from "./networks.js";
import { BINARIES, type Options, parseOptions } from "./options.js";
import { type Outcome, stress } from "./stress.js";

const bytesOf = (binary: string) => readFileSync(`build/${binary}.wasm`);

/** What a child sends. */
type Answer = (Outcome & { readonly operations: number }) | { readonly failedAt: number; readonly message: string };

async function runHere({ seconds, steps, seed, binary }: Options): Promise<Answer> {
  initSync(new WebAssembly.Module(bytesOf(binary as string)));
  const start = performance.now();
  const after = (part: number) => () => performance.now() >= start + 1000 * seconds * part;
  try {
    // Layers and tensors for half of the time, networks for the other.
    const outcome = stress(seed, steps, after(0.5));
    const { steps: operations } = await stressNetworks(seed, steps, after(1));
    return { ...outcome, operations };
  } catch (error) {
    if (!(error instanceof StressFailure)) throw error;
    return { failedAt: error.steps, message: error.message };
  }
}

function runApart(binary: string, seconds: number, { steps, seed }: Options): Promise<Answer> {
  const args = ["--binary", binary, "--seconds", `${seconds}`, "--steps", `${steps}`, "--seed", `${seed}`];
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), args);
    child.on("message", (answer) => resolve(answer as Answer));
    child.on("error", reject);
    child.on("exit", (code, signal) => reject(new Error(`${binary}: the process ended with ${code ?? signal}`)));
  });
}

async function main(options: Options): Promise<void> {
  const wanted = options.binary ? [options.binary] : BINARIES.filter((name) => WebAssembly.validate(bytesOf(name)));
  console.log(`Node ${process.versions.node}, seed ${options.seed}\n`);
  console.log("| binary | steps of layers | operations of networks | peak memory in use |\n| --- | --- | --- | --- |");
  for (const binary of wanted) {
    const answer = await runApart(binary, options.seconds / wanted.length, options);
    if ("failedAt" in answer) {
      console.error(`${binary}: ${answer.message}`);
      const replay = `--binary ${binary} --seed ${options.seed} --steps ${answer.failedAt} --seconds 600`;
      console.error(`to replay: npm run stress -- ${replay}`);
      process.exitCode = 1;
    } else {
      console.log(`| ${binary} | ${answer.steps} | ${answer.operations} | ${(answer.peak / 2 ** 20).toFixed(1)} MiB |`);
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
