/** PyTorch, where it is installed (Debian: python3-torch), takes the same steps by hand beside ours. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { adam, dense, huber, layerNorm, Sequential, sgd, softmaxCrossEntropy } from "affine-wasm/nn";
import { expect, it } from "vitest";
import { randomFrom } from "../support/cases.js";

const FIND = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)";
const python = ["python3", "/usr/bin/python3"].find((name) => spawnSync(name, ["-c", FIND]).status === 0);
if (!python) console.log("not run: steps by hand beside PyTorch, which is not installed (Debian: python3-torch)");

it.skipIf(!python)(
  "Huber with Adam, and weighted classes with a frozen layer and SGD, agree over 30 steps",
  () => {
    const random = randomFrom(23);
    const values = (length: number) => Float64Array.from({ length }, random);
    const [x, targets] = [values(5 * 12), values(3 * 12)];
    const labels = Uint8Array.from({ length: 12 }, (_, i) => (i * i) % 3);
    const classWeights = [0.5, 2, 3];
    const network = () =>
      new Sequential(5, [dense(6, { activation: "silu" }), layerNorm({ activation: { elu: 0.5 } }), dense(3)], {
        dtype: "float64",
        seed: 1,
      });
    const arraysOf = (net: ReturnType<typeof network>) =>
      net.layers.flatMap(({ weight, bias }) => [[...weight], [...(bias ?? [])]]);
    const ours = [true, false].map((byAdam) => {
      using net = network();
      net.layers[0].trainable = byAdam;
      const rule = byAdam ? adam({ learningRate: 0.01 }) : sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 });
      const losses: number[] = [];
      for (let i = 0; i < 30; i++) {
        const y = net.forward(x);
        const { loss, dy } = byAdam
          ? huber({ delta: 0.3 }).of(y, { targets })
          : softmaxCrossEntropy().of(y, { labels, classWeights });
        losses.push(loss);
        net.backward(dy);
        rule.step(net);
      }
      return [...losses, ...arraysOf(net).flat()];
    });
    using start = network();
    const run = { weights: arraysOf(start), x: [...x], targets: [...targets], labels: [...labels], classWeights };
    const script = fileURLToPath(new URL("train_by_hand_with_torch.py", import.meta.url));
    const { stdout, stderr } = spawnSync(python as string, [script], { input: JSON.stringify(run), encoding: "utf8" });
    expect(stdout, stderr).not.toBe("");
    const theirs = JSON.parse(stdout) as number[][];
    for (const [i, values] of ours.entries()) {
      expect(theirs[i]).toHaveLength(values.length);
      for (const [j, value] of values.entries()) {
        expect(Math.abs(value - (theirs[i]?.[j] as number)), `${i}, ${j}`).toBeLessThan(1e-9);
      }
    }
  },
  120_000,
);
