/** P8: what runs the promises, held to its own. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eachCase } from "../support/cases.js";
import { seeds } from "./promises/raw.js";
import { runCases } from "./promises/runner.js";

describe("P8: a test that ran no cases fails", () => {
  it("a loop over none", () => {
    expect(() => eachCase([], () => undefined)).toThrow("no case was run");
    expect(eachCase([1, 2, 3], () => undefined)).toBe(3);
  });

  it("a property asked for none, or that skips some of its cases", async () => {
    const pass = () => undefined;
    await expect(runCases("none", 0, 1, seeds, pass)).rejects.toThrow("none: ran 0 cases of 0");
    const odd = seeds.filter((seed) => seed % 2 === 0);
    expect(await runCases("all", 20, 1, odd, pass)).toBe(20);
    const skip = (value: number) => fc.pre(value % 2 === 0);
    await expect(runCases("some", 20, 1, seeds, skip)).rejects.toThrow(/some: ran \d+ cases of 20/);
  });

  it("a property that fails says on which case, and how to run it again", async () => {
    const failing = runCases("small", 100, 7, fc.nat(), (value) => expect(value).toBeLessThan(1000));
    await expect(failing).rejects.toThrow(
      /case: 1000\n {2}again: AFFINE_SEED=7 AFFINE_PATH=[\d:]+ npx vitest .* -t "small"/,
    );
  });
});
