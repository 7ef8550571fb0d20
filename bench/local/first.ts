/**
 * `npm run bench:first -- [--against folder …]`: from import to the first result of a layer 784 × 100, in processes that do
 * nothing else; earlier builds of the library (copies of its `dist`) take turns with this one. The floor is the import of a
 * module without a line in it.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Command } from "commander";

const { against, processes } = new Command("npm run bench:first --")
  .description("Times the first result of a fresh process, in ms.")
  .option("--against <folders...>", "earlier builds to compare with", [])
  .option("--processes <n>", "of each build", Number, 40)
  .parse()
  .opts<{ against: string[]; processes: number }>();

const STEPS = ["import", "start", "layer", "forward", "all"] as const;
type Times = Partial<Record<(typeof STEPS)[number], number>>;

const CHILD = `
const times = [performance.now()];
const lap = () => times.push(performance.now());
const { initSync, Affine } = await import(process.argv[2]);
lap();
if (initSync) {
  initSync();
  lap();
  const layer = new Affine(784, 100, { seed: 1 });
  lap();
  layer.forward(new Float32Array(784).fill(0.5));
  lap();
}
const laps = times.slice(1).map((time, i) => time - times[i]);
const all = times.at(-1) - times[0];
console.log(JSON.stringify(initSync ? [...laps, all] : laps));
`;

const folder = mkdtempSync(join(tmpdir(), "first-"));
try {
  const child = join(folder, "child.mjs");
  const nothing = join(folder, "nothing.mjs");
  writeFileSync(child, CHILD);
  writeFileSync(nothing, "export {};\n");
  const builds = [fileURLToPath(new URL("../../dist", import.meta.url)), ...against.map((each) => resolve(each))];
  const modules = new Map([
    ["an empty module", nothing],
    ...builds.map((build, i) => [build, entryOf(build, join(folder, `package${i}`))] as const),
  ]);
  const found = new Map([...modules.keys()].map((name) => [name, [] as Times[]]));
  for (let i = 0; i < processes; i++) {
    for (const [name, path] of modules) found.get(name)?.push(timesOf(child, path));
  }
  console.log(
    `${cpus()[0]?.model.trim()}, Node ${process.versions.node}; ms, medians of ${processes} processes, the fastest`,
  );
  for (const [name, times] of found)
    console.log(
      `${name}\n  ${STEPS.filter((step) => times[0]?.[step])
        .map((step) => summary(step, times))
        .join("   ")}`,
    );
} finally {
  rmSync(folder, { recursive: true });
}

/** The main entry, as Node loads it, of a copy: where no package.json says that files are modules, Node reads them twice. */
function entryOf(build: string, copy: string): string {
  cpSync(build, copy, { recursive: true });
  writeFileSync(join(copy, "package.json"), JSON.stringify({ type: "module" }));
  return ["index.node.js", "index.js"].map((name) => join(copy, name)).find((file) => existsSync(file)) as string;
}

/** Of one process. */
function timesOf(child: string, path: string): Times {
  const laps = JSON.parse(execFileSync(process.execPath, [child, pathToFileURL(path).href], { encoding: "utf8" }));
  return Object.fromEntries(STEPS.map((step, i) => [step, laps[i]]));
}

function summary(step: (typeof STEPS)[number], times: readonly Times[]): string {
  const sorted = times.map((each) => each[step] as number).sort((a, b) => a - b);
  const [median, fastest] = [sorted[sorted.length >> 1] as number, sorted[0] as number];
  return `${step} ${median.toFixed(2)}, ${fastest.toFixed(2)}`;
}
