/**
 * `npm run test:engines`: the whole suite on every engine that users have, and a table of how it went. An engine that is
 * not on this machine is "not run"; asked for by name, that is a failure. AFFINE_THREADS=2 runs it on two threads.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Argument, Command } from "commander";
import { chromium, firefox } from "./browsers.js";
import { root } from "./paths.js";
import { bun, deno, node } from "./processes.js";
import { type Engine, NotHere, type Row, table } from "./row.js";
import { workerd } from "./workerd.js";

const ENGINES = [node(20), node(22), node(24), node(26), deno, bun, workerd, chromium, firefox];
const names = ENGINES.map(({ name }) => name);

const wanted = new Command("npm run test:engines --")
  .description("Runs the suite on Node 20 to 26, Deno, Bun, workerd, Chromium and Firefox.")
  .addArgument(new Argument("[engines...]", "only these").choices(names))
  .parse().args;

// Large, and no one needs them to work on the project: so they are no part of its own install.
if (!existsSync(join(root, "node_modules/miniflare"))) {
  execFileSync("npm", ["run", "install:dev"], { cwd: root, stdio: "inherit" });
}

/** Runs the suite on one engine, says at once how that went, and returns its line of the table. */
async function runOn(engine: Engine): Promise<Row | { engine: string; notRun: string }> {
  const start = performance.now();
  const say = (outcome: string) =>
    console.log(`${engine.name}: ${outcome} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
  try {
    const row = await engine.run();
    for (const failure of row.failures) console.log(`  ${failure}`);
    if (row.failures.length > 0 || row.passed === 0) process.exitCode = 1;
    say(`${row.passed} passed, ${row.failures.length} failed`);
    return row;
  } catch (error) {
    if (!(error instanceof NotHere) || wanted.length > 0) process.exitCode = 1;
    const { message } = error as Error;
    say(`not run: ${message}`);
    return { engine: engine.name, notRun: message.split("\n")[0] as string };
  }
}

const asked = ENGINES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const rows = new Map<Engine, Awaited<ReturnType<typeof runOn>>>();
for (const engine of asked.filter(({ oneCore }) => !oneCore)) rows.set(engine, await runOn(engine));
const sideBySide = asked.filter(({ oneCore }) => oneCore);
await Promise.all(sideBySide.map(async (engine) => rows.set(engine, await runOn(engine))));
if (process.env.AFFINE_THREADS) console.log(`\nOn ${process.env.AFFINE_THREADS} threads where they can be had:`);
console.log(`\n${table(asked.flatMap((engine) => rows.get(engine) ?? []))}`);
