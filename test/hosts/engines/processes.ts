/** Engines that run vitest themselves: Node of several versions, Deno and Bun. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Variant } from "../../../src/kernels/abi.js";
import { root } from "./paths.js";
import { type Engine, NotHere, type Row } from "./row.js";

const run = promisify(execFile);
const bin = (name: string) => join(root, "node_modules/.bin", name);

export function node(major: number): Engine {
  const command = ["npm", "exec", "--yes", `--package=node@${major}`, "--", "node"];
  return { name: `node${major}`, oneCore: false, run: () => runVitest("Node", command) };
}

export const deno: Engine = {
  name: "deno",
  oneCore: false,
  run: () => runVitest("Deno", [bin("deno"), "run", "--allow-all"]),
};

// Without --bun, the "node" of vitest's own first line would run it.
export const bun: Engine = { name: "bun", oneCore: false, run: () => runVitest("Bun", [bin("bun"), "--bun"]) };

/** What vitest's reporter "json" writes, as far as it is read here. */
interface Report {
  numPassedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    message: string;
    status: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

async function runVitest(engine: string, [command = "", ...args]: string[]): Promise<Row> {
  const { version, variant, binaries } = await probe(command, args);
  const file = join(tmpdir(), `affine-wasm-${process.pid}-${engine}-${version}.json`);
  const projects = [...binaries, "nn"].map((name) => `--project=${name}`);
  const vitest = ["node_modules/vitest/vitest.mjs", "run", ...projects, "--reporter=json"];
  let output = "";
  try {
    const settings = { cwd: root, maxBuffer: 2 ** 28 };
    ({ stderr: output } = await run(command, [...args, ...vitest, `--outputFile=${file}`], settings));
  } catch (error) {
    // Failed tests are in the report; without one, vitest itself failed.
    if (!existsSync(file)) throw error;
  }
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  rmSync(file);
  const failures = report.testResults.flatMap(({ name, message, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (status === "failed" && failed.length === 0) return [`${name}: ${message || output}`];
    return failed.map((test) => `${name}: ${test.fullName}: ${test.failureMessages[0]?.split("\n")[0]}`);
  });
  return {
    engine,
    version,
    variant,
    binaries,
    passed: report.numPassedTests,
    skipped: report.numPendingTests,
    failures,
  };
}

/** Asks the engine what it is: a run that fell back to another engine must not pass for it. */
async function probe(
  command: string,
  args: string[],
): Promise<{ version: string; variant: Variant; binaries: string[] }> {
  try {
    const { stdout } = await run(command, [...args, "test/hosts/engines/probe.mjs"], { cwd: root });
    return JSON.parse(stdout.trim().split("\n").at(-1) as string);
  } catch (error) {
    throw new NotHere((error as Error).message.split("\n").slice(0, 2).join(" "));
  }
}
