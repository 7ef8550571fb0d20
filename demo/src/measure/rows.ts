/** The figures of one layer: every result is checked against sums in float64 before anything is timed. */

import { nameOf, operations, PASSES, type Shape } from "../../../bench/common/layers.ts";
import { check, type Problem } from "../../../bench/common/problem.ts";
import type { Contender, Name } from "./contenders.ts";
import type { Row } from "./messages.ts";

/**
 * @param time the seconds that each of some runs takes
 * @throws Error that names the contender whose result is wrong
 */
export function* rowsOf(
  shape: Shape,
  problem: Problem,
  contenders: readonly Contender[],
  time: (runs: (() => void)[]) => number[],
): Generator<Row> {
  for (const pass of PASSES) {
    for (const { name, results } of contenders)
      check(`${name}, ${pass} ${nameOf(shape)}`, problem, pass, results(pass));
    const seconds = time(contenders.map((contender) => contender[pass]));
    const speeds = contenders.map(({ name }, i) => [name, operations(shape, pass) / (seconds[i] as number) / 1e9]);
    yield { shape, pass, gflops: Object.fromEntries(speeds) as Record<Name, number> };
  }
}
