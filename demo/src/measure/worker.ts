/** Measures away from the page's own thread: every result is checked against sums in float64 before it is timed. */
import { backend } from "affine-wasm";
import { check, problemOf } from "../../../bench/peers/problem.ts";
import { LAYERS, nameOf, operations, PASSES, type Shape } from "../../../bench/peers/shapes.ts";
import { affine, type Contender, type Name, plain } from "./contenders.ts";
import type { Message } from "./messages.ts";
import { roofline } from "./roofline.ts";
import { clockTick, secondsOf } from "./timing.ts";

/** How long each contender is timed on each pass of each shape, in milliseconds. */
const PACE = 100;

const say = (message: Message) => postMessage(message);

try {
  await measure();
  say({ kind: "done" });
} catch (error) {
  say({ kind: "error", text: error instanceof Error ? error.message : String(error) });
}

async function measure(): Promise<void> {
  const { startTfjs, tfjs } = await import("./tfjs.ts");
  const version = await startTfjs();
  const tick = clockTick();
  const roof = await roofline(tick);
  say({ kind: "start", variant: backend(), tfjs: version, roof });
  for (const shape of LAYERS) {
    const problem = problemOf(shape);
    const contenders = [affine(problem), tfjs(problem), plain(problem)];
    for (const pass of PASSES) {
      for (const { name, results } of contenders)
        check(`${name}, ${pass} ${nameOf(shape)}`, problem, pass, results(pass));
      const seconds = secondsOf(
        contenders.map((contender) => contender[pass]),
        PACE,
        tick,
      );
      say({ kind: "row", row: { shape, pass, gflops: speeds(contenders, shape, pass, seconds) } });
    }
    for (const contender of contenders) contender.dispose();
  }
}

function speeds(contenders: Contender[], shape: Shape, pass: "forward" | "backward", seconds: readonly number[]) {
  const entries = contenders.map(({ name }, i) => [name, operations(shape, pass) / (seconds[i] as number) / 1e9]);
  return Object.fromEntries(entries) as Record<Name, number>;
}
