/** The stress program from outside: its options, its table, and what it says when something fails. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { CommanderError } from "commander";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bitsAfter } from "../contract/stress/bits.js";
import { parseOptions } from "../contract/stress/options.js";
import { eachCase } from "../support/cases.js";

it("npm run stress takes seconds, steps, a seed, a binary and threads, and another seed each time without one", () => {
  const args = ["--seconds", "2.5", "--steps", "10", "--seed", "0", "--binary", "debug", "--threads", "3"];
  expect(parseOptions(args)).toEqual({ seconds: 2.5, steps: 10, seed: 0, binary: "debug", threads: 3 });
  expect(parseOptions([]).seconds).toBe(10);
  expect(parseOptions([]).threads).toBe(1);
  expect(parseOptions([]).seed).not.toBe(parseOptions([]).seed);
});

it("npm run stress refuses other values with exit code 2", () => {
  const quiet = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  eachCase(
    [["--seconds", "0"], ["--steps", "x"], ["--threads", "0"], ["--seed", "-1"], ["--binary", "avx"], ["more"]],
    (args) => {
      let thrown: unknown;
      try {
        parseOptions(args);
      } catch (error) {
        thrown = error;
      }
      expect((thrown as CommanderError)?.exitCode, args.join(" ")).toBe(2);
    },
  );
  quiet.mockRestore();
});

it("npm run stress prints a row for each binary", () => {
  const { status, stdout, stderr } = run(["--steps", "20", "--seed", "3", "--binary", "simd"]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/seed 3\n[\s\S]*\| simd \| 20 \| 20 \| \d+\.\d MiB \|/);
});

it("npm run stress on several threads says what helpers have computed, and that it was what one thread computes", async () => {
  const args = ["--steps", "20", "--seed", "3", "--binary", "simd", "--threads", "3"];
  // Where helpers are late on a busy machine, the program begins anew, and says so.
  const { status, stdout, stderr } = run(args);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/seed 3, 3 threads against one\n[\s\S]*\| simd \| 20 \| 20 \| \d+\.\d MiB \| [1-9]\d* \|/);
});

describe("what npm run stress compares of two runs", () => {
  it.each([
    ["a bit of a result", [1, 2, 3], [1, 2 + 2 ** -51, 3]],
    ["the sign of a zero", [0], [-0]],
    ["their order", [1, 2], [2, 1]],
  ])("tells %s", (_, one, other) => {
    const [before, after] = [one, other].map((values) => bitsAfter(Float64Array.from(values), 0));
    expect(before).not.toBe(after);
    expect(bitsAfter(Float64Array.from(one), 0)).toBe(before);
  });
});

describe("a failure that npm run stress finds", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "affine-stress-"));
    mkdirSync(join(folder, "build"));
    writeFileSync(join(folder, "build/simd.wasm"), addingForMultiplying(readFileSync("build/simd.wasm")));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("ends it with exit code 1, the step and what was wrong there, and a command that comes to the same", () => {
    const first = run(["--binary", "simd", "--seed", "3", "--steps", "500"], folder);
    expect(first.status).toBe(1);
    expect(first.stdout).toContain("seed 3");
    expect(first.stdout).not.toContain("| simd |");
    const [, step, replay = ""] =
      /^simd: step (\d+), (?:forward|backward|step|functional passes): .*: element \d+ is .*, expected .*\nto replay: npm run stress -- (.*)\n$/.exec(
        first.stderr,
      ) ?? [];
    expect(replay, first.stderr).toBe(`--binary simd --seed 3 --steps ${step} --seconds 600`);
    const again = run(replay.split(" "), folder);
    expect([again.status, again.stderr]).toEqual([1, first.stderr]);
    const before = run(["--binary", "simd", "--seed", "3", "--steps", `${Number(step) - 1}`], folder);
    expect([before.status, before.stderr], "one step less").toEqual([0, ""]);
  });

  it("names the binary that cannot even start", () => {
    writeFileSync(join(folder, "build/debug.wasm"), "no module");
    const { status, stderr } = run(["--binary", "debug", "--seed", "3"], folder);
    expect(status).not.toBe(0);
    expect(stderr).toContain("debug: the process ended with 1");
  });
});

/** Runs the program; it reads its binaries from `build` where it is started. */
function run(args: string[], cwd = ".") {
  const [tsx, program] = [resolve("node_modules/tsx/dist/cli.mjs"), resolve("test/contract/stress/index.ts")];
  return spawnSync(process.execPath, [tsx, program, ...args], { cwd, encoding: "utf8" });
}

/** The kernels with every f32x4.mul an f32x4.add. */
function addingForMultiplying(binary: Uint8Array): Uint8Array {
  const changed = Buffer.from(binary);
  const [multiply, add] = [Buffer.of(0xfd, 0xe6, 0x01), Buffer.of(0xfd, 0xe4, 0x01)];
  let count = 0;
  for (let at = changed.indexOf(multiply); at >= 0; at = changed.indexOf(multiply, at)) {
    changed.set(add, at);
    count++;
  }
  expect(count).toBeGreaterThan(0);
  expect(WebAssembly.validate(changed)).toBe(true);
  return changed;
}
