/** The main job: trains a network on the real MNIST digits, saves and tests it, and compares it with plain JavaScript. */
import { backend, initSync } from "affine-wasm";
import { CommanderError } from "commander";
import type { Digits } from "../tools/idx.js";
import { mnist } from "./common/digits.js";
import { checkPlace, load, networkOf, save } from "./files.js";
import { largestGradientError } from "./gradient-check.js";
import { type Options, parseOptions } from "./options.js";
import { confusionTable, countConfusions, digitsAcross, drawMisread } from "./report.js";
import { columns, endWhenNobodyReads, print } from "./terminal.js";
import { compareWithPlain, createNetwork, type DenseNetwork, samplesOf, train } from "./train.js";

async function main(options: Options): Promise<void> {
  try {
    initSync(undefined, { variant: options.variant });
  } catch (error) {
    console.error(`error: option '--variant <name>': ${(error as Error).message}`);
    process.exitCode = 2;
    return;
  }
  print(`variant ${backend()} on Node ${process.versions.node}`);
  using network = options.load === undefined ? await trainNetwork(options) : await loadNetwork(options.load);
  reportTest(network, await mnist("t10k"));
}

async function trainNetwork(options: Options): Promise<DenseNetwork> {
  await checkPlace(options.save);
  const error = largestGradientError(options.seed);
  print(`largest gradient error against a central difference: ${error.toExponential(1)} (relative, float64)`);
  const digits = await mnist("train");
  const test = samplesOf(await mnist("t10k"));
  const { batch, rate, momentum, hidden, seed } = options;
  const sizes = `${digits.pixels}-${hidden}-10, ${digits.count} digits`;
  print(`${sizes}, batch ${batch}, rate ${rate}, momentum ${momentum}, seed ${seed}\n`);
  const network = createNetwork(digits.pixels, hidden, seed);
  const data = samplesOf(digits);
  await train(network, data, test, options);
  using copy = networkOf(await save(network, test, options.save));
  await compareWithPlain(copy, data, options);
  return network;
}

async function loadNetwork(file: string): Promise<DenseNetwork> {
  const network = await load(file);
  print(`${network.inFeatures}-${network.layers[0]?.outFeatures}-10 of ${file}`);
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
  print(`\n${test.count - wrong.length} of ${test.count} test digits read right: ${accuracy.toFixed(2)} %\n`);
  console.log(confusionTable(countConfusions(test.labels, readings)));
  const misread = wrong.slice(0, digitsAcross(columns())).map((i) => ({
    image: test.images.subarray(i * test.pixels, (i + 1) * test.pixels),
    label: test.labels[i] as number,
    reading: readings[i] as number,
  }));
  console.log(`\n${drawMisread(misread)}`);
}

endWhenNobodyReads();
try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
