/**
 * Transfer learning: what a network learned of the ten digits helps another one to tell odd from even by a hundred examples.
 * That one takes the first layer, and leaves it as it is.
 */
import { initSync } from "affine-wasm";
import { adam, dense, Sequential } from "affine-wasm/nn";
import { mnist, pick } from "./common/digits.js";

const [PIXELS, HIDDEN] = [784, 128];
const [MANY, FEW, TEST] = [20_000, 100, 2000];
const percent = (part: number | undefined) => `${(100 * (part as number)).toFixed(1)} % right`;

initSync(undefined, { variant: "simd" }); // the same bits on every machine
const digits = await mnist("train");
const test = pick(await mnist("t10k"), TEST);
using source = new Sequential(PIXELS, [dense(HIDDEN, { activation: "relu" }), dense(10)], { seed: 1 });
await source.fit(pick(digits, MANY), { optimizer: adam({ learningRate: 1e-3 }), epochs: 5, batchSize: 50, seed: 1 });
console.log(`ten digits, ${MANY} examples: ${percent(source.evaluate(test).accuracy)}`);

/** A network for the new task. */
function network(trainable: boolean) {
  const first = dense(HIDDEN, { activation: "relu", trainable });
  return new Sequential(PIXELS, [first, dense(2)], { seed: 1 });
}
function parity({ x, labels }: ReturnType<typeof pick>) {
  return { x, labels: labels.map((label) => label % 2) };
}
async function learn(name: string, net: ReturnType<typeof network>): Promise<number> {
  const optimizer = adam({ learningRate: 1e-3 });
  await net.fit(parity(pick(digits, FEW)), { optimizer, epochs: 60, batchSize: 20, seed: 1 });
  const { accuracy } = net.evaluate(parity(test));
  console.log(`odd or even, ${FEW} examples, ${name}: ${percent(accuracy)}`);
  return accuracy as number;
}

using fresh = network(true);
const alone = await learn("from scratch", fresh);
using net = network(false);
const [frozen] = net.layers;
frozen.weight.set(source.layers[0].weight);
frozen.bias?.set(source.layers[0].bias ?? []);
const [weight, bias] = [frozen.weight.slice(), frozen.bias?.slice()];
const helped = await learn("with the first layer of the other", net);

const equal = (a: ArrayLike<number> = [], b: ArrayLike<number> = []) =>
  a.length === b.length && Array.from(a).every((each, i) => Object.is(each, b[i]));
const kept = equal(weight, frozen.weight) && equal(bias, frozen.bias ?? []);
console.log(`the first layer ${kept ? "kept its bits" : "has changed"}`);
if (!kept || helped < alone + 0.03) {
  console.error("expected a first layer with the bits it had, and 3 points more than from scratch");
  process.exitCode = 1;
}
