/** Measures away from the page's own thread. */
import { backend } from "affine-wasm";
import { LAYERS } from "../../../bench/common/layers.ts";
import { problemOf } from "../../../bench/common/problem.ts";
import { startThreads, threadsOnline } from "../threads/start.ts";
import { affine, plain } from "./contenders.ts";
import type { Message, Request } from "./messages.ts";
import { roofline } from "./roofline.ts";
import { rowsOf } from "./rows.ts";
import { clockTick, secondsOf } from "./timing.ts";

/** How long each contender is timed on each pass of each shape, in milliseconds. */
const PACE = 100;

const say = (message: Message) => postMessage(message);

addEventListener("message", async ({ data }: MessageEvent<Request>) => {
  try {
    await measure(data);
    say({ kind: "done" });
  } catch (error) {
    say({ kind: "error", text: error instanceof Error ? error.message : String(error) });
  }
});

async function measure({ threads }: Request): Promise<void> {
  await startThreads(threads);
  const { startTfjs, tfjs } = await import("./tfjs.ts");
  const version = await startTfjs();
  const tick = clockTick();
  const roof = await roofline(tick);
  say({ kind: "start", variant: backend(), threads: threadsOnline(), tfjs: version, roof });
  for (const shape of LAYERS) {
    const problem = problemOf(shape);
    const contenders = [affine(problem), tfjs(problem), plain(problem)];
    for (const row of rowsOf(shape, problem, contenders, (runs) => secondsOf(runs, PACE, tick)))
      say({ kind: "row", row });
    for (const contender of contenders) contender.dispose();
  }
}
