/** A small problem, the same on every machine; and the run in one process that runs on a queue are compared with. */
import { dense, dropout, type Optimizer, Sequential, sgd } from "affine-wasm/nn";
import { computeShard, readShard } from "../../src/cluster/compute.js";
import { averaging, type Mode, synchronous } from "../../src/cluster/modes.js";
import { PROTOCOL } from "../../src/cluster/protocol.js";
import { Sums, weightsOf } from "../../src/cluster/tensors.js";
import { uniform } from "../../src/common/random.js";

export const SHARDS = 4;
export const SEED = 5;
const [COLUMNS, CLASSES, ROWS] = [6, 3, 50];

export function network(drops: boolean): Sequential {
  const layers = [dense(16, { activation: "gelu" }), ...(drops ? [dropout(0.3)] : []), dense(CLASSES)];
  return new Sequential(COLUMNS, layers, { seed: 1 });
}

/** The examples of a shard: points around the corners of a triangle. */
export function examplesOf({ shard }: { shard: number }) {
  const random = uniform(1000 + shard);
  const labels = Uint8Array.from({ length: ROWS }, () => Math.floor(random() * CLASSES));
  const x = Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => {
    const label = labels[Math.floor(i / COLUMNS)] as number;
    return (i % CLASSES === label ? 1 : 0) + random() - 0.5;
  });
  return { x, labels };
}

export const MODES: Record<string, () => Mode> = {
  synchronous: () => synchronous({ batchSize: 32, optimizer: sgd({ learningRate: 0.2, momentum: 0.9 }) }),
  averaging: () =>
    averaging({
      steps: 5,
      batchSize: 8,
      optimizer: { name: "adam", learningRate: 0.01 },
      outer: sgd({ learningRate: 0.7, momentum: 0.9, nesterov: true }),
    }),
};

/** The same shards one after the other, added in their order. */
export async function inOneProcess(name: string, drops: boolean, rounds: number): Promise<number[]> {
  const mode = (MODES[name] as () => Mode)();
  using net = network(drops);
  for (let round = 0; round < rounds; round++) {
    const sums = new Sums();
    const from = name === "averaging" ? weightsOf(net) : undefined;
    let total = 0;
    for (let shard = 0; shard < SHARDS; shard++) {
      using copy = network(drops);
      copy.copyFrom(net);
      const job = {
        round,
        shard,
        shards: SHARDS,
        seed: SEED,
        maskSeed: 1,
        mode: mode.description,
        loss: { name: "softmaxCrossEntropy" },
      };
      const examples = readShard(examplesOf({ shard }), copy as never);
      const full = { ...job, protocol: PROTOCOL, classWeights: null } as never;
      const { tensors, weight } = await computeShard(full, copy as never, examples, null);
      sums.add(tensors, from ? 1 : weight, from);
      total += weight;
    }
    sums.writeGradients(net, from ? SHARDS : total);
    (mode.optimizer as Optimizer).step(net);
  }
  return bitsOf(net);
}

export function bitsOf(net: Sequential): number[] {
  return [...weightsOf(net).values()].flatMap((array) => [...array]);
}
