import { expect, test } from "vitest";
import { problemOf } from "../../bench/common/problem.ts";
import { affine, type Contender, plain } from "../src/measure/contenders.ts";
import { rowsOf } from "../src/measure/rows.ts";

const SHAPE = { batch: 3, inFeatures: 20, outFeatures: 5 };
const problem = problemOf(SHAPE);

/** Counts what was timed, and takes a millisecond for each. */
function clock() {
  const timed: (() => void)[] = [];
  const time = (runs: (() => void)[]) => {
    timed.push(...runs);
    return runs.map(() => 1e-3);
  };
  return { timed, time };
}

test("right results are timed, and their operations counted", () => {
  const { time, timed } = clock();
  const contenders = [affine(problem), plain(problem)];
  const rows = [...rowsOf(SHAPE, problem, contenders, time)];
  expect(timed).toEqual(
    contenders.flatMap(({ forward }) => forward).concat(contenders.map(({ backward }) => backward)),
  );
  expect(rows.map(({ pass }) => pass)).toEqual(["forward", "backward"]);
  // 2·batch·in·out operations, and twice that for the two products of the backward pass; biases come on top, if counted.
  expect((rows[0]?.gflops.affine ?? 0) / (600 / 1e-3 / 1e9)).toBeCloseTo(1, 1);
  expect((rows[1]?.gflops.plain ?? 0) / (1200 / 1e-3 / 1e9)).toBeCloseTo(1, 1);
});

test.each(["forward", "backward"] as const)("a wrong result of %s is found before that is timed", (broken) => {
  const { time, timed } = clock();
  const right = plain(problem);
  const wrong: Contender = {
    ...right,
    name: "tfjs",
    results: (pass) => {
      const results = right.results(pass);
      const values = pass === "forward" ? results.y : results.dWeight;
      if (pass === broken && values) values[7] = (values[7] as number) + 0.01;
      return results;
    },
  };
  const rows = rowsOf(SHAPE, problem, [affine(problem), wrong], time);
  expect(() => [...rows]).toThrow(/tfjs/);
  expect(timed.length).toBe(broken === "forward" ? 0 : 2);
});
