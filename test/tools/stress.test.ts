/** The command line of the stress program. */
import { execFileSync } from "node:child_process";
import type { CommanderError } from "commander";
import { expect, it, vi } from "vitest";
import { eachCase } from "../cases.js";
import { parseOptions } from "../stress/options.js";

it("npm run stress takes seconds, steps, a seed and a binary, and another seed each time without one", () => {
  const args = ["--seconds", "2.5", "--steps", "10", "--seed", "0", "--binary", "debug"];
  expect(parseOptions(args)).toEqual({ seconds: 2.5, steps: 10, seed: 0, binary: "debug" });
  expect(parseOptions([]).seconds).toBe(10);
  expect(parseOptions([]).seed).not.toBe(parseOptions([]).seed);
});

it("npm run stress refuses other values with exit code 2", () => {
  const quiet = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  eachCase([["--seconds", "0"], ["--steps", "x"], ["--seed", "-1"], ["--binary", "avx"], ["more"]], (args) => {
    let thrown: unknown;
    try {
      parseOptions(args);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as CommanderError)?.exitCode, args.join(" ")).toBe(2);
  });
  quiet.mockRestore();
});

it("npm run stress prints a row for each binary", () => {
  const args = [
    "node_modules/tsx/dist/cli.mjs",
    "test/stress/index.ts",
    "--steps",
    "20",
    "--seed",
    "3",
    "--binary",
    "simd",
  ];
  const output = execFileSync(process.execPath, args, { encoding: "utf8" });
  expect(output).toMatch(/seed 3\n[\s\S]*\| simd \| 20 \| \d+\.\d MiB \|/);
});
