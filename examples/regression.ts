/** A curve through noisy points: a network learns sin x + x/3, and `regression.svg` shows how well. */
import { writeFileSync } from "node:fs";
import { adam, cosine, dense, meanSquaredError, Sequential } from "affine-wasm/nn";
import { parse, View } from "vega";
import { compile } from "vega-lite";

const FILE = process.argv[2] ?? "regression.svg";
const POINTS = 200;
const curve = (x: number) => Math.sin(x) + x / 3;

/** Numbers in [-1, 1) that are the same on every run. */
function noise(i: number): number {
  const value = Math.sin(i * 12.9898) * 43758.5453;
  return 2 * (value - Math.floor(value)) - 1;
}

const x = Float32Array.from({ length: POINTS }, (_, i) => 5 * noise(i));
const targets = x.map((value, i) => curve(value) + 0.25 * noise(i + POINTS));
using network = new Sequential(1, [dense(64, { activation: "gelu" }), dense(64, { activation: "gelu" }), dense(1)], {
  seed: 1,
});
const optimizer = adam({ learningRate: cosine({ from: 0.01 }) });
const history = await network.fit({ x, targets }, { loss: meanSquaredError(), optimizer, epochs: 300, batchSize: 50 });

const grid = Float32Array.from({ length: 201 }, (_, i) => (i - 100) / 20);
const fitted = network.predict(grid);
const worst = Math.max(...fitted.map((y, i) => Math.abs(y - curve(grid[i] as number))));
console.log(
  `mean squared error ${history.at(-1)?.loss.toFixed(4)}; at most ${worst.toFixed(2)} from the curve that made the points`,
);

const points = Array.from(x, (value, i) => ({ x: value, y: targets[i] }));
const lines = Array.from(grid, (value, i) => [
  { x: value, y: fitted[i], line: "the network" },
  { x: value, y: curve(value), line: "sin x + x/3" },
]).flat();
const { spec } = compile({
  width: 560,
  height: 320,
  background: "white",
  layer: [
    { data: { values: points }, mark: { type: "circle", color: "gray", opacity: 0.6 } },
    { data: { values: lines }, mark: "line", encoding: { color: { field: "line", title: null } } },
  ],
  encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
});
writeFileSync(FILE, await new View(parse(spec), { renderer: "none" }).toSVG());
console.log(`drawn in ${FILE}`);
