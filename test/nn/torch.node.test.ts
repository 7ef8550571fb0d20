/** PyTorch itself, where it is installed (Debian: python3-torch), trains the same network beside ours. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { adam, adamW, type DenseSpec, dense, type Optimizer, Sequential, sgd } from "affine-wasm/nn";
import { beforeAll, describe, expect, it } from "vitest";
import { randomFrom } from "../support/cases.js";

/** The first Python that has it. Importing it only to see would take seconds. */
const FIND = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)";
const python = ["python3", "/usr/bin/python3"].find((name) => spawnSync(name, ["-c", FIND]).status === 0);
if (!python) console.log("not run: the comparison with PyTorch, which is not installed (Debian: python3-torch)");

const SIZES = [6, 8, 7, 3];
const [COUNT, BATCH, EPOCHS] = [48, 10, 20]; // 100 steps, some of them of 8 examples

interface Trained {
  losses: number[];
  weights: number[][];
  biases: number[][];
}

const CASES: { name: string; options: Record<string, unknown>; clip?: number; make: () => Optimizer }[] = [
  {
    name: "SGD",
    options: { lr: 0.1, momentum: 0.9, weight_decay: 1e-3 },
    make: () => sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-3 }),
  },
  {
    name: "SGD",
    options: { lr: 0.05, momentum: 0.8, nesterov: true },
    clip: 0.2,
    make: () => sgd({ learningRate: 0.05, momentum: 0.8, nesterov: true, clipNorm: 0.2 }),
  },
  {
    name: "Adam",
    options: { lr: 0.01, weight_decay: 1e-3 },
    make: () => adam({ learningRate: 0.01, weightDecay: 1e-3 }),
  },
  {
    name: "AdamW",
    options: { lr: 0.01, betas: [0.8, 0.99] },
    make: () => adamW({ learningRate: 0.01, beta1: 0.8, beta2: 0.99 }),
  },
];

const random = randomFrom(17);
const x = Float64Array.from({ length: COUNT * 6 }, random);
const labels = Array.from({ length: COUNT }, (_, i) => (i * i) % 3);

function network() {
  const layers = [dense(8, { activation: "gelu" }), dense(7, { activation: "sigmoid" }), dense(3)];
  return new Sequential(6, layers, { dtype: "float64", seed: 1 });
}

const parametersOf = (net: Sequential<"float64", readonly DenseSpec[]>) => ({
  weights: net.layers.map(({ weight }) => [...weight]),
  biases: net.layers.map(({ bias }) => [...(bias as Float64Array)]),
});

describe.skipIf(!python)("PyTorch", () => {
  let theirs: Trained[] = [];

  beforeAll(() => {
    using net = network();
    const run = { sizes: SIZES, ...parametersOf(net), x: [...x], labels, batch: BATCH, epochs: EPOCHS };
    const input = JSON.stringify(
      CASES.map(({ name, options, clip = 0 }) => ({ ...run, optimizer: name, options, clip })),
    );
    const script = fileURLToPath(new URL("train_with_torch.py", import.meta.url));
    const { stdout, stderr } = spawnSync(python as string, [script], { input, encoding: "utf8" });
    expect(stdout, stderr).not.toBe("");
    theirs = JSON.parse(stdout) as Trained[];
  }, 120_000);

  it.each(CASES.map((given, i) => ({ ...given, i })))(
    "has the same losses and parameters over 100 steps of $name $options",
    async ({ make, i }) => {
      using net = network();
      const losses: number[] = [];
      const onBatch = ({ loss }: { loss: number }) => losses.push(loss);
      const options = { optimizer: make(), batchSize: BATCH, epochs: EPOCHS, shuffle: false, onBatch };
      await net.fit({ x, labels }, options);
      const flat = (trained: Trained) => [trained.losses, ...trained.weights, ...trained.biases].flat();
      const ours = flat({ losses, ...parametersOf(net) });
      const expected = flat(theirs[i] as Trained);
      expect(ours).toHaveLength(100 + 6 * 8 + 8 + 8 * 7 + 7 + 7 * 3 + 3);
      expect(expected).toHaveLength(ours.length);
      for (const [j, value] of ours.entries()) {
        expect(Math.abs(value - (expected[j] as number))).toBeLessThan(1e-9);
      }
      expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    },
  );
});
