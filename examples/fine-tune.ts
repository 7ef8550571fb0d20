/**
 * Transfer learning: a network comes from an ONNX file, its first layer is frozen, the rest learns a new task from few
 * examples, and goes out as an ONNX file again.
 */
import { adam, dense, meanSquaredError, Sequential } from "affine-wasm/nn";
import { exportOnnx, importOnnx } from "affine-wasm/onnx";

const [IN, EXAMPLES] = [4, 64];
let seed = 1;
/** Numbers in [-1, 1), the same on every run: Park and Miller's generator. */
const random = () => {
  seed = (seed * 48271) % 2147483647;
  return (2 * seed) / 2147483647 - 1;
};

/** Rows of random numbers, and what a task makes of each. */
function examplesOf(count: number, task: (row: Float32Array) => number) {
  const x = Float32Array.from({ length: count * IN }, random);
  const targets = Float32Array.from({ length: count }, (_, i) => task(x.subarray(i * IN, (i + 1) * IN)));
  return { x, targets };
}
const first = ([a = 0, b = 0, c = 0, d = 0]: Float32Array) => Math.sin(2 * a + b) + c * d;
const second = (row: Float32Array) => 0.5 * first(row) - (row[0] as number);

/** A file that somebody else might have trained. */
async function pretrained(): Promise<Uint8Array> {
  using net = new Sequential(IN, [dense(64, { activation: "tanh" }), dense(32, { activation: "tanh" }), dense(1)], {
    seed: 1,
  });
  const options = { optimizer: adam({ learningRate: 0.01 }), loss: meanSquaredError(), epochs: 60, seed: 1 };
  const history = await net.fit(examplesOf(1000, first), options);
  console.log(`trained on the first task: mean squared error ${history.at(-1)?.loss.toFixed(4)}`);
  return exportOnnx(net);
}

const { net } = importOnnx(await pretrained());
using model = net;
const frozen = model.layers[0];
if (!frozen || frozen.kind === "dropout") throw new Error("the file begins with dropout");
frozen.trainable = false;
const before = Float32Array.from(frozen.weight);
const test = examplesOf(1000, second);
const loss = meanSquaredError();
const errorBefore = model.evaluate(test, { loss }).loss;
const optimizer = adam({ learningRate: 0.005 });
await model.fit(examplesOf(EXAMPLES, second), { optimizer, loss, epochs: 300, batchSize: 16, seed: 1 });
const errorAfter = model.evaluate(test, { loss }).loss;
console.log(
  `the second task, ${EXAMPLES} examples: mean squared error ${errorBefore.toFixed(4)} before, ${errorAfter.toFixed(4)} after`,
);

const file = exportOnnx(model);
const { net: back } = importOnnx(file);
using again = back;
console.log(
  `written as ${file.length} bytes of ONNX; read back, its error is ${again.evaluate(test, { loss }).loss.toFixed(4)}`,
);
if (!before.every((each, i) => each === frozen.weight[i])) throw new Error("the frozen layer has changed");
if (!(errorAfter < errorBefore / 4)) throw new Error("the second task was not learned");
