/**
 * `npm run bench:peers`: affine-wasm and other libraries on the passes of a dense layer, float32, one thread.
 * The whole run writes results.md and results.svg; with --quick, --shape or --threads it only prints.
 *
 * With `--threads 2`, all that can compute on several threads do, and only they take part. `--epochs` trains, with a shape, too.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { LAYERS, nameOf, parseShape, SQUARES } from "../common/layers.ts";
import { roofline } from "../common/roofline.ts";
import { chart } from "./chart.ts";
import { startAll } from "./contenders.ts";
import type { Peer } from "./peer.ts";
import { type Pace, Race, type Row } from "./race.ts";
import { type Epochs, report } from "./report.ts";
import { quantile } from "./timing.ts";

const WHOLE: Pace = { rounds: 7, milliseconds: 60, warmUp: 150 };
/** Other contenders' threads look for work for a while before they sleep, and helpers that have lost by it rest for a second. */
const THREADED: Pace = { rounds: 5, milliseconds: 500, warmUp: 500 };
const QUICK: Pace = { rounds: 3, milliseconds: 15, warmUp: 30 };

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    shape: { type: "string", multiple: true },
    threads: { type: "string", default: "1" },
    epochs: { type: "boolean", default: false },
  },
});
const shapes = values.shape?.map(parseShape) ?? [...LAYERS, ...SQUARES];
const threads = Number(values.threads);
const whole = !values.quick && values.shape === undefined && threads === 1;

const peers = await startAll(threads);
const race = new Race(peers, values.quick ? QUICK : threads > 1 ? THREADED : WHOLE);
const rows: Row[] = [];
let roof: number | null = null;
for (const shape of shapes) {
  console.log(`${nameOf(shape)} …`);
  rows.push(await race.run(shape));
  // Once for each shape, and the best of all: what disturbs one measurement must not lower the roof.
  const measured = (await roofline("relaxed")) ?? (await roofline("simd"));
  roof = measured === null ? roof : Math.max(measured, roof ?? 0);
}
const epochs = values.shape === undefined || values.epochs ? await trainAll(peers, values.quick ? 1 : 5) : [];
for (const peer of peers) peer.close?.();

const markdown = report(peers, rows, epochs, roof, threads);
console.log(`\n${markdown}`);
if (whole) {
  writeFileSync(new URL("results.md", import.meta.url), markdown);
  writeFileSync(new URL("results.svg", import.meta.url), await chart(peers, rows, roof));
}

/** One epoch on 60,000 digits, in turns: the median of so many, after one to warm up. */
async function trainAll(everyone: readonly Peer[], rounds: number): Promise<Epochs[]> {
  const all: Epochs[] = [];
  for (const batch of [32, 100]) {
    const times = new Map(everyone.filter(({ epoch }) => epoch).map((peer) => [peer, [] as number[]]));
    console.log(`epochs of batch ${batch} …`);
    for (let round = 0; round <= rounds; round++) {
      for (const [peer, seconds] of times) {
        const time = (await peer.epoch?.(batch)) ?? Number.NaN;
        if (round > 0) seconds.push(time);
      }
    }
    all.push({ batch, seconds: new Map([...times].map(([peer, each]) => [peer, quantile(each, 0.5)])) });
  }
  return all;
}
