/**
 * An autoencoder: a network gives back the 784 pixels of a digit after they went through 16 numbers. These are its code of the
 * digit; digits with codes close to each other look alike.
 */
import { adam, binaryCrossEntropy, dense, Sequential, sigmoid } from "affine-wasm/nn";
import { mnist, pick } from "./common/digits.js";

const [PIXELS, HIDDEN, CODE] = [784, 128, 16];
/** The code is what the second layer puts out. */
const ENCODER = { layers: 2 };
const training = pick(await mnist("train"), 10_000);
const test = pick(await mnist("t10k"), 500);

using net = new Sequential(
  PIXELS,
  [dense(HIDDEN, { activation: "relu" }), dense(CODE), dense(HIDDEN, { activation: "relu" }), dense(PIXELS)],
  { seed: 1 },
);
await net.fit(
  { x: training.x, targets: training.x },
  {
    optimizer: adam({ learningRate: 2e-3 }),
    loss: binaryCrossEntropy(),
    epochs: 8,
    batchSize: 50,
    seed: 1,
    onEpoch: ({ epoch, loss }) => console.log(`epoch ${epoch}: cross-entropy ${loss.toFixed(4)} a pixel`),
  },
);

/** The mean squared difference of a pixel of the test digits. */
function difference(other: (i: number) => number): number {
  return test.x.reduce((sum, pixel, i) => sum + (pixel - other(i)) ** 2, 0) / test.x.length;
}
const given = sigmoid(net.predict(test.x));
const mean = new Float64Array(PIXELS);
for (const [i, pixel] of training.x.entries()) mean[i % PIXELS] = (mean[i % PIXELS] as number) + pixel;
const error = difference((i) => given[i] as number);
const spread = difference((i) => (mean[i % PIXELS] as number) / training.labels.length);
const left = error / spread;
console.log(
  `what ${CODE} numbers do not tell of ${test.labels.length} new digits: ${(100 * left).toFixed(1)} % of the variance`,
);

const known = net.predict(training.x, undefined, ENCODER);
const codes = net.predict(test.x, undefined, ENCODER);
/** The digit with the code next to that of test digit i. */
function nearest(i: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let row = 0; row < training.labels.length; row++) {
    let distance = 0;
    for (let j = 0; j < CODE; j++)
      distance += ((known[row * CODE + j] as number) - (codes[i * CODE + j] as number)) ** 2;
    if (distance < least) [best, least] = [row, distance];
  }
  return best;
}
const alike = test.labels.filter((label, i) => training.labels[nearest(i)] === label).length / test.labels.length;
console.log(`the digit with the nearest code is the same digit: ${(100 * alike).toFixed(1)} %`);
if (left > 0.3 || alike < 0.85) {
  console.error("expected at most 30 % of the variance, and the same digit in 85 %");
  process.exitCode = 1;
}
