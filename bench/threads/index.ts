/**
 * `npm run bench:threads -- [--threads n] [--busy]`: n threads against one, two copies of the built library in one process,
 * alternating; `--busy`: while another process keeps a core busy, and then means instead of medians, as stalls count.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Command } from "commander";
import { nameOf, SHAPES } from "../common/shapes.js";

const { threads, busy } = new Command("npm run bench:threads --")
  .description("Times forward, dW with db, and all gradients with n threads and with one.")
  .option("--threads <n>", "how many", Number, 2)
  .option("--busy", "with another process on one of the cores")
  .parse()
  .opts<{ threads: number; busy?: boolean }>();

/** Milliseconds of one run of a contender, and of all runs of a figure. */
const [RUN, ALL] = busy ? [24, 1200] : [6, 600];

type Library = typeof import("../../dist/index.js");

const folder = mkdtempSync(join(tmpdir(), "affine-threads-"));
const hog = busy ? spawn(process.execPath, ["-e", "for (;;);"]) : null;
try {
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const copy = async (name: string) => {
    cpSync(fileURLToPath(new URL("../../dist", import.meta.url)), join(folder, name), { recursive: true });
    const load = (entry: string) => import(pathToFileURL(join(folder, name, `${entry}.js`)).href);
    return { library: (await load("index")) as Library, load };
  };
  const [one, many] = [await copy("one"), await copy("many")];
  const { enableThreads } = (await many.load("threads")) as typeof import("../../dist/threads.js");
  const { online } = await enableThreads({ threads });
  console.log(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${one.library.backend()}`);
  console.log(`µs, one thread → ${online}${busy ? ", one core busy, means" : ", medians"}\n`);
  for (const shape of SHAPES) {
    const [alone, shared] = [passesOf(one.library, shape), passesOf(many.library, shape)];
    const figures = alone.map(({ name, run }, i) => compare(name, run, (shared[i] as { run: () => void }).run));
    console.log(`${nameOf(shape).padEnd(14)} ${figures.join("")}`);
  }
} finally {
  hog?.kill();
  rmSync(folder, { recursive: true });
}

/** The passes of a layer over tensors of the library's own. */
function passesOf({ Affine, tensor }: Library, { batch, inFeatures, outFeatures }: (typeof SHAPES)[number]) {
  const layer = new Affine(inFeatures, outFeatures, { seed: 1 });
  const filled = (length: number) => {
    const held = tensor(length);
    for (let i = 0; i < length; i++) held.data[i] = ((i * 7) % 17) / 9 - 0.9;
    return held;
  };
  const [x, dx] = [filled(batch * inFeatures), filled(batch * inFeatures)];
  const [y, dy] = [filled(batch * outFeatures), filled(batch * outFeatures)];
  return [
    { name: "forward", run: () => void layer.forward(x.data, y.data) },
    { name: "dW", run: () => void layer.backward(dy.data, { inputGradient: false }) },
    { name: "backward", run: () => void layer.backward(dy.data, { out: dx.data }) },
  ];
}

function compare(name: string, alone: () => void, shared: () => void): string {
  for (const run of [alone, shared]) for (const end = performance.now() + 20; performance.now() < end; ) run();
  const start = performance.now();
  alone();
  const each = performance.now() - start;
  const calls = Math.max(1, Math.round(RUN / each));
  const runs = Math.max(7, Math.round(ALL / (calls * each) / 2));
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < 2 * runs; i++) {
    // Which one comes first changes, too.
    const which = ((i >> 1) ^ i) & 1;
    const from = performance.now();
    for (let call = 0; call < calls; call++) (which ? shared : alone)();
    (times[which] as number[]).push((1000 * (performance.now() - from)) / calls);
  }
  const [before, after] = times.map(busy ? mean : median) as [number, number];
  return `${name} ${before.toFixed(1)} → ${after.toFixed(1)}, ${(before / after).toFixed(2)} ×`.padEnd(38);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}
