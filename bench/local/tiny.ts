/**
 * `npm run bench:tiny -- [--against folder]`: networks and layers so small that the call is most of the time, against plain
 * JavaScript and, in the same process and in turns with it, an earlier build of the library (a copy of its `dist`).
 */
import { cpus } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Command } from "commander";
import { naive, plainBackward, plainForward } from "../../tools/plain.js";

const { against, rounds } = new Command("npm run bench:tiny --")
  .description("Times predict, forward and backward of tiny networks and layers, in ns.")
  .option("--against <folder>", "an earlier build to compare with")
  .option("--rounds <n>", "runs of 0.5 ms of each contender", Number, 101)
  .parse()
  .opts<{ against?: string; rounds: number }>();

interface Library {
  readonly name: string;
  readonly main: typeof import("../../dist/index.js");
  readonly nn: typeof import("../../dist/nn.js");
}

type Run = () => unknown;

const folders = [fileURLToPath(new URL("../../dist", import.meta.url)), ...(against ? [resolve(against)] : [])];
const libraries = await Promise.all(folders.map(load));
const [first] = libraries as [Library];
console.log(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${first.main.backend()}; ns, medians`);
console.log(
  ["".padEnd(34), ...libraries.map(({ name }) => name), "plain JS"].map((text) => text.padStart(10)).join(""),
);

for (const sizes of [
  [2, 3, 1],
  [4, 16, 2],
  [4, 64, 64, 2],
  [16, 16],
]) {
  const name = sizes.join("-");
  const networks = libraries.map((library) => networkOf(library, sizes));
  report(
    `predict ${name}, arrays`,
    networks.map(({ arrays }) => arrays),
    plainNetwork(sizes, true),
  );
  report(
    `predict ${name}, out`,
    networks.map(({ out }) => out),
    plainNetwork(sizes, false),
  );
  report(
    `predict ${name}, tensors`,
    networks.map(({ tensors }) => tensors),
    plainNetwork(sizes, false),
  );
}
for (const [inFeatures, outFeatures] of [
  [4, 4],
  [16, 16],
] as const) {
  const name = `1×${inFeatures}×${outFeatures}`;
  const layers = libraries.map((library) => layerOf(library, inFeatures, outFeatures));
  const plain = plainLayer(inFeatures, outFeatures);
  report(
    `forward ${name}, arrays`,
    layers.map(({ forward }) => forward),
    plain.forwardNew,
  );
  report(
    `backward ${name}, arrays`,
    layers.map(({ backward }) => backward),
    plain.backwardNew,
  );
  report(
    `forward ${name}, tensors`,
    layers.map(({ forwardInPlace }) => forwardInPlace),
    plain.forward,
  );
  report(
    `backward ${name}, tensors`,
    layers.map(({ backwardInPlace }) => backwardInPlace),
    plain.backward,
  );
}
for (const sizes of [
  [2, 3, 1],
  [4, 16, 2],
  [4, 64, 64, 2],
]) {
  report(
    `step ${sizes.join("-")}, 1 row`,
    libraries.filter(({ nn }) => "forward" in nn.Sequential.prototype).map((library) => stepOf(library, sizes, 1)),
  );
}

async function load(folder: string, index: number): Promise<Library> {
  const entry = (name: string) => import(pathToFileURL(`${folder}/${name}.js`).href);
  return { name: index === 0 ? "this" : "against", main: await entry("index"), nn: await entry("nn") };
}

function networkOf({ main, nn }: Library, sizes: readonly number[]) {
  const [inFeatures = 0, ...rest] = sizes;
  const layers = rest.map((size, i) => nn.dense(size, { activation: i < rest.length - 1 ? "relu" : "none" }));
  const net = new nn.Sequential(inFeatures, layers, { seed: 1 });
  const [x, y] = [values(inFeatures), new Float32Array(rest.at(-1) as number)];
  const [xt, yt] = [main.tensor(x.length), main.tensor(y.length)];
  xt.data.set(x);
  return {
    arrays: () => net.predict(x),
    out: () => net.predict(x, y),
    tensors: () => net.predict(xt.data, yt.data),
  };
}

function plainNetwork(sizes: readonly number[], fresh: boolean): Run {
  const layers = sizes.slice(1).map((outFeatures, i) => {
    const inFeatures = sizes[i] as number;
    const [weight, bias] = [values(inFeatures * outFeatures), values(outFeatures)];
    return { inFeatures, outFeatures, weight, bias, y: new Float32Array(outFeatures), rectify: i < sizes.length - 2 };
  });
  const input = values(sizes[0] as number);
  return () => {
    let x = input;
    for (const [i, { inFeatures, outFeatures, weight, bias, y, rectify }] of layers.entries()) {
      const to = fresh && i === layers.length - 1 ? new Float32Array(outFeatures) : y;
      for (let j = 0; j < outFeatures; j++) {
        let sum = bias[j] as number;
        for (let p = 0; p < inFeatures; p++) sum += (x[p] as number) * (weight[p * outFeatures + j] as number);
        to[j] = rectify && sum < 0 ? 0 : sum;
      }
      x = to;
    }
    return x;
  };
}

function layerOf({ main }: Library, inFeatures: number, outFeatures: number) {
  const layer = new main.Affine(inFeatures, outFeatures, { seed: 1 });
  const other = new main.Affine(inFeatures, outFeatures, { seed: 1 });
  const [x, dy] = [values(inFeatures), values(outFeatures)];
  const [xt, dxt] = [main.tensor(inFeatures), main.tensor(inFeatures)];
  const [yt, dyt] = [main.tensor(outFeatures), main.tensor(outFeatures)];
  layer.forward(x);
  other.forward(xt.data, yt.data);
  const outTo = { out: dxt.data };
  return {
    forward: () => layer.forward(x),
    backward: () => layer.backward(dy),
    forwardInPlace: () => other.forward(xt.data, yt.data),
    backwardInPlace: () => other.backward(dyt.data, outTo),
  };
}

function plainLayer(inFeatures: number, outFeatures: number) {
  const shape = { batch: 1, inFeatures, outFeatures };
  const operands = { x: values(inFeatures), weight: values(inFeatures * outFeatures), bias: values(outFeatures) };
  const gradients = { dWeight: new Float32Array(inFeatures * outFeatures), dBias: new Float32Array(outFeatures) };
  const [y, dy, dx] = [new Float32Array(outFeatures), values(outFeatures), new Float32Array(inFeatures)];
  const forward = (to: Float32Array) => plainForward(naive, shape, operands, to);
  const backward = (to: Float32Array) => plainBackward(naive, shape, { ...operands, dy }, { dx: to, ...gradients });
  return {
    forward: () => forward(y),
    forwardNew: () => forward(new Float32Array(outFeatures)),
    backward: () => backward(dx),
    backwardNew: () => backward(new Float32Array(inFeatures)),
  };
}

/** A step of training by hand: forward, loss, backward, update. */
function stepOf({ nn }: Library, sizes: readonly number[], rows: number): Run {
  const [inFeatures = 0, ...rest] = sizes;
  const layers = rest.map((size, i) => nn.dense(size, { activation: i < rest.length - 1 ? "relu" : "none" }));
  const net = new nn.Sequential(inFeatures, layers, { seed: 1 });
  const optimizer = nn.sgd({ learningRate: 1e-6 });
  const [x, y, dy] = [values(rows * inFeatures), values(rows * net.outFeatures), values(rows * net.outFeatures)];
  return () => {
    net.forward(x, y);
    net.backward(dy, { inputGradient: false });
    optimizer.step(net);
  };
}

/** Prints the medians of all contenders, which take turns. */
function report(name: string, ours: readonly Run[], plain?: Run): void {
  const contenders = plain ? [...ours, plain] : ours;
  const counts = contenders.map(warm);
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of contenders.entries()) times[i]?.push(nanoseconds(run, counts[i] as number));
  }
  const medians = times.map((each) => each.sort((a, b) => a - b)[rounds >> 1] as number);
  console.log(`${name.padEnd(34)}${medians.map((median) => median.toFixed(1).padStart(10)).join("")}`);
}

/** Runs until the engine has compiled it; how often it runs in 0.5 ms. */
function warm(run: Run): number {
  let count = 1000;
  for (let i = 0; i < 20; i++) nanoseconds(run, count);
  count = 20_000;
  return Math.max(1, Math.round(5e5 / Math.min(...[1, 2, 3].map(() => nanoseconds(run, count)))));
}

function nanoseconds(run: Run, count: number): number {
  const start = performance.now();
  for (let i = 0; i < count; i++) run();
  return ((performance.now() - start) * 1e6) / count;
}

/** Between -1 and 1, the same in every run. */
function values(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((i * 7) % 17) / 9 - 0.9);
}
