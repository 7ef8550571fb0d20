/**
 * `npm run bench:threads -- [--threads n] [--busy] [--chart]`: 1, 2, … n threads, copies of the built library in one process,
 * alternating, and in turn with them as many processes at once. `--busy`: while another process keeps a core busy, and then means
 * instead of medians, as stalls count. `--chart` draws it to scaling.svg, or scaling-busy.svg.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { nameOf, parseShape, type Shape } from "../common/layers.js";
import { SHAPES } from "../common/shapes.js";
import { copyOf, PASSES, type Pass, type Point, passesOf } from "./library.js";
import { Processes } from "./processes.js";

/** Products that are shared, and so have a yardstick. */
const LARGE: readonly Shape[] = [
  { batch: 100, inFeatures: 784, outFeatures: 100 },
  { batch: 256, inFeatures: 512, outFeatures: 512 },
  { batch: 512, inFeatures: 1024, outFeatures: 1024 },
  { batch: 1024, inFeatures: 1024, outFeatures: 1024 },
];

const { threads, busy, chart, shape } = new Command("npm run bench:threads --")
  .description("Times forward, dW with db, all gradients and a whole step with 1 … n threads.")
  .option("--threads <n>", "up to how many", Number, Math.max(2, availableParallelism()))
  .option("--busy", "with another process on one of the cores")
  .option("--chart", "draws it, too; only the large shapes")
  .option("--shape <name>", "only this one, such as 256x512x512", parseShape)
  .parse()
  .opts<{ threads: number; busy?: boolean; chart?: boolean; shape?: Shape }>();

/** Milliseconds of one run of a contender, and of all runs of one figure of one contender. */
const [RUN, ALL] = busy ? [24, 600] : [6, 300];
/** The same between runs of processes, after which the helpers sleep. */
const LONG_RUN = 30;
/** Milliseconds before: on a busy machine it takes the engine so long to compile the kernels, each copy's anew. */
const WARM = 150;

const folder = mkdtempSync(join(tmpdir(), "affine-threads-"));
const hog = busy ? spawn(process.execPath, ["-e", "for (;;);"]) : null;
const points: Point[] = [];
try {
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const copies = [];
  for (let count = 1; count <= threads; count++) copies.push(await copyOf(folder, count));
  const [one] = copies as [(typeof copies)[number]];
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.versions.node}, ${one.library.backend()}`,
  );
  console.log(
    `µs with ${copies.map(({ online }) => online).join(" → ")} threads${busy ? ", one core busy, means" : ", medians"}`,
  );
  console.log(
    "dX: backward less dW. In brackets: what as many processes at once gain, and the share of it that threads do\n",
  );
  const shapes = shape ? [shape] : chart ? LARGE : [...SHAPES, ...LARGE.slice(-1)];
  for (const each of shapes) await measure(each, copies);
} finally {
  hog?.kill();
  rmSync(folder, { recursive: true });
}
if (chart) {
  const { drawScaling } = await import("./chart.js");
  const file = new URL(busy ? "scaling-busy.svg" : "scaling.svg", import.meta.url);
  writeFileSync(file, await drawScaling(points, busy === true));
}

async function measure(each: Shape, copies: readonly Awaited<ReturnType<typeof copyOf>>[]): Promise<void> {
  const name = nameOf(each);
  console.log(name);
  const contenders = copies.map(({ library }) => passesOf(library, each));
  const processes = !busy && LARGE.some((large) => nameOf(large) === name) ? new Processes(copies.length) : null;
  const medians = new Map<Pass | "dX", readonly number[]>();
  try {
    for (const pass of PASSES) {
      const { times, yardsticks } = await compare(
        contenders.map((passes) => passes[pass]),
        processes && ((count, milliseconds, turn) => processes.gain(count, { shape: each, pass, milliseconds }, turn)),
      );
      medians.set(pass, times.map(typical));
      const line = times.slice(1).map((ones, i) => {
        const gain = gainOf(times[0] as number[], ones);
        const yardstick = yardsticks[i] && median(yardsticks[i]);
        points.push({ shape: name, pass, threads: i + 2, gain, processes: yardstick });
        return `   ${gain.toFixed(2)} ×${yardstick ? ` (${yardstick.toFixed(2)}, ${(gain / yardstick).toFixed(2)})` : ""}`;
      });
      console.log(`  ${pass.padEnd(9)} ${write(medians.get(pass) as number[])}${line.join("")}`);
    }
  } finally {
    processes?.end();
  }
  const [backward, dW] = [medians.get("backward") as number[], medians.get("dW") as number[]];
  const dX = backward.map((time, i) => time - (dW[i] as number)) as [number, ...number[]];
  console.log(
    `  dX        ${write(dX)}${dX
      .slice(1)
      .map((time) => `   ${(dX[0] / time).toFixed(2)} ×`)
      .join("")}`,
  );
}

/**
 * The times of each contender in µs, and of every count of processes what they gain. All take turns, and the order changes: the
 * cores of a shared machine are not the same from one second to the next.
 */
async function compare(
  runs: readonly (() => void)[],
  yardstick: ((count: number, milliseconds: number, turn: number) => Promise<number>) | null,
): Promise<{ times: number[][]; yardsticks: number[][] }> {
  for (const run of runs) for (const end = performance.now() + WARM; performance.now() < end; ) run();
  const start = performance.now();
  runs[0]?.();
  const each = performance.now() - start;
  const calls = Math.max(1, Math.round((yardstick ? LONG_RUN : RUN) / each));
  const rounds = Math.max(yardstick ? 15 : 7, Math.round(ALL / (calls * each)));
  const times: number[][] = runs.map(() => []);
  const yardsticks: number[][] = yardstick ? runs.slice(1).map(() => []) : [];
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < runs.length; turn++) {
      const which = (turn + round) % runs.length;
      const run = runs[which] as () => void;
      const from = performance.now();
      for (let call = 0; call < calls; call++) run();
      times[which]?.push((1000 * (performance.now() - from)) / calls);
    }
    for (const [i, gains] of yardsticks.entries()) {
      gains.push((await yardstick?.(i + 2, Math.max(2 * LONG_RUN, 4 * each), round)) as number);
    }
  }
  return { times, yardsticks };
}

/** How many times as fast: the median over rounds, on a busy machine over all of them, as stalls count. */
function gainOf(alone: readonly number[], together: readonly number[]): number {
  if (busy) return mean(alone) / mean(together);
  return median(alone.map((time, round) => time / (together[round] as number)));
}

function typical(times: readonly number[]): number {
  return busy ? mean(times) : median(times);
}

function write(times: readonly number[]): string {
  return times.map((time) => time.toFixed(time < 10 ? 2 : 1)).join(" → ");
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
