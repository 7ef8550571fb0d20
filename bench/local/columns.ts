/**
 * `npm run bench:columns -- [--rows 256] [--in 128] [--columns 32]`: the passes of a layer with 1, 2, … columns, drawn to
 * columns.svg. A kernel that pads columns up to whole vectors shows teeth here.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command } from "commander";
import { backend } from "../../src/entries/index.js";
import { draw } from "../common/draw.js";
import { roofline } from "../common/roofline.js";
import { productsOf } from "./products.js";

const {
  rows,
  in: inFeatures,
  columns,
  rounds,
} = new Command("npm run bench:columns --")
  .description("Times forward, dX and dW of a layer by its number of columns, and draws it.")
  .option("--rows <n>", "rows of a batch", Number, 256)
  .option("--in <n>", "inFeatures", Number, 128)
  .option("--columns <n>", "outFeatures, up to", Number, 32)
  .option("--rounds <n>", "runs of a millisecond for each figure", Number, 41)
  .parse()
  .opts<{ rows: number; in: number; columns: number; rounds: number }>();

const RUN = 1;
const variant = backend();
const limit = (await roofline("relaxed")) ?? (await roofline("simd"));
console.log(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${variant}, float32, one thread`);
console.log(`GFLOP/s, medians; 128-bit roofline ${limit?.toFixed(1)}\n`);

const contenders = Array.from({ length: columns }, (_, i) =>
  productsOf({ batch: rows, inFeatures, outFeatures: i + 1 }, "float32").map(({ name, flops, contenders: [ours] }) => {
    const run = ours?.run as () => void;
    for (const end = performance.now() + 20; performance.now() < end; ) run();
    const start = performance.now();
    for (let call = 0; call < 10; call++) run();
    const calls = Math.max(1, Math.round((10 * RUN) / (performance.now() - start)));
    return { columns: i + 1, name, flops, run, calls, times: [] as number[] };
  }),
).flat();
for (let round = 0; round < rounds; round++) {
  for (const { run, calls, times } of contenders) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) run();
    times.push((performance.now() - start) / calls);
  }
}
const points = contenders.map(({ columns: n, name, flops, times }) => {
  const median = times.sort((a, b) => a - b)[rounds >> 1] as number;
  return { columns: n, pass: name, speed: flops / median / 1e6 };
});
for (let n = 1; n <= columns; n++) {
  const line = points.filter((point) => point.columns === n).map(({ pass, speed }) => `${pass} ${speed.toFixed(1)}`);
  console.log(`${String(n).padStart(3)}  ${line.map((text) => text.padEnd(16)).join("")}`);
}
const title = `A layer of ${rows} rows, ${inFeatures} inputs and 1 to ${columns} columns, float32 on one thread (${variant})`;
const svg = await draw(title, {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  background: "white",
  width: 640,
  height: 320,
  config: { aria: false },
  layer: [
    {
      data: { values: points },
      mark: { type: "line", point: { size: 24 } },
      encoding: {
        x: { field: "columns", type: "quantitative", axis: { tickMinStep: 4 } },
        y: { field: "speed", type: "quantitative", title: "GFLOP/s" },
        color: { field: "pass", type: "nominal", sort: null, title: null },
      },
    },
    ...(limit === null ? [] : [{ mark: { type: "rule", color: "black" }, encoding: { y: { datum: limit } } } as const]),
  ],
});
writeFileSync(new URL("columns.svg", import.meta.url), svg);
