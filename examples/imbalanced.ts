/**
 * Imbalanced classes: one example in fifty is of the class that matters. A network that may weigh all examples alike gains
 * most by overlooking it; `classWeights`, or `weights` of the examples, make up for the numbers.
 */
import { adam, argmax, dense, Sequential } from "affine-wasm/nn";
import { uniform } from "./common/random.js";

const FEATURES = 8;
const RARE = 50;
const random = uniform(1);
/** A normal number, by the method of Box and Muller. */
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Points around the origin, the rare ones around a place nearby. */
function points(count: number) {
  const labels = Uint8Array.from({ length: count }, (_, i) => (i % RARE === 0 ? 1 : 0));
  const x = Float32Array.from({ length: count * FEATURES }, (_, i) => {
    const label = labels[Math.floor(i / FEATURES)] as number;
    return normal() + 0.6 * label;
  });
  return { x, labels };
}
const training = points(10_000);
const test = points(10_000);

/** What part of the rare ones is found, and what part of those found is rare. */
async function run(name: string, given: { weights?: Float32Array; classWeights?: number[] }) {
  using net = new Sequential(FEATURES, [dense(32, { activation: "silu" }), dense(2)], { seed: 1 });
  const { weights, classWeights } = given;
  const optimizer = adam({ learningRate: 1e-3 });
  await net.fit({ ...training, weights }, { optimizer, classWeights, epochs: 10, batchSize: 100, seed: 1 });
  const found = argmax(net.predict(test.x), 2);
  const count = (is: number, read: number) => found.filter((f, i) => f === read && test.labels[i] === is).length;
  const recall = count(1, 1) / (count(1, 1) + count(1, 0));
  const others = count(0, 0) / (count(0, 0) + count(0, 1));
  const right = (count(0, 0) + count(1, 1)) / test.labels.length;
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`.padStart(7);
  console.log(
    `${name.padEnd(14)} recall ${percent(recall)}, of the others right ${percent(others)}, of all ${percent(right)}`,
  );
  return { recall, others };
}

// Each class counts as much as the other: the inverse of how often it comes.
const share = [1 - 1 / RARE, 1 / RARE];
const classWeights = share.map((part) => 1 / (share.length * part));
const weights = Float32Array.from(training.labels, (label) => classWeights[label] as number);
const plain = await run("all alike", {});
const byClass = await run("classWeights", { classWeights });
const byExample = await run("weights", { weights });
for (const { recall, others } of [byClass, byExample]) {
  if (recall < 0.7 || others < 0.7 || recall < plain.recall + 0.3) {
    console.error("expected a recall of 70 %, 30 points above that without weights, and 70 % of the others right");
    process.exitCode = 1;
  }
}
