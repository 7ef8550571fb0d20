/** Exported networks in onnxruntime-web: the outputs are those of `predict`. */
import {
  dense,
  dropout,
  type LayerActivation,
  type LayerSpec,
  layerNorm,
  type Network,
  Sequential,
} from "affine-wasm/nn";
import { exportOnnx, importOnnx } from "affine-wasm/onnx";
import * as ort from "onnxruntime-web";
import { describe, expect, it } from "vitest";
import { randomFrom } from "../../support/cases.js";

const ACTIVATIONS: LayerActivation[] = ["none", "relu", { leakyRelu: 0.1 }, "sigmoid", "tanh", "gelu"];

/** Operators that onnxruntime-web has in float32 only; Erf is what it makes of Gelu. */
const MISSING: Readonly<Record<string, RegExp>> = {
  'float64 {"leakyRelu":0.1}': /Could not find an implementation for LeakyRelu/,
  'float64 "gelu"': /Could not find an implementation for Erf/,
};

ort.env.wasm.numThreads = 1;

describe.each(["float32", "float64"] as const)("an exported network in %s", (dtype) => {
  it.each(ACTIVATIONS)(
    "gives the outputs of predict, for any batch, where the runtime has the operator: %s",
    async (activation) => {
      using net = new Sequential(5, [dense(7, { activation }), dense(4, { activation, bias: false }), dense(3)], {
        dtype,
        seed: 1,
      });
      net.layers[0]?.bias?.set([0.5, -1, 2, 0, -0.25, 1, -2]);
      const missing = MISSING[`${dtype} ${JSON.stringify(activation)}`];
      const created = ort.InferenceSession.create(exportOnnx(net));
      if (missing) return expect(created).rejects.toThrow(missing);
      const session = await created;
      for (const batch of [1, 6]) {
        const values = Array.from({ length: batch * 5 }, (_, i) => Math.sin(3 * i));
        const x = dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
        const { y } = await session.run({ x: new ort.Tensor(dtype, x as never, [batch, 5]) });
        const expected = net.predict(x as never);
        expect(y?.dims).toEqual([batch, 3]);
        expect(y?.data.length).toBe(expected.length);
        const tolerance = dtype === "float32" ? 1e-5 : 1e-12;
        for (const [i, value] of expected.entries())
          expect(Math.abs(value - Number(y?.data[i]))).toBeLessThan(tolerance);
      }
      await session.release();
    },
  );
});

/** Layers of a random network: some with layer norms, dropout, every activation. */
function randomSpecs(random: () => number): LayerSpec[] {
  const pick = <V>(values: readonly V[]) => values[Math.floor(((random() + 1) / 2) * values.length)] as V;
  const activations: LayerActivation[] = [...ACTIVATIONS, "elu", { elu: 0.5 }, "silu"];
  return Array.from({ length: 1 + Math.floor((random() + 1) * 2) }, (): LayerSpec[] => {
    const layer = dense(1 + Math.floor((random() + 1) * 10), { activation: pick(activations), bias: random() > -0.5 });
    return pick([
      [layer],
      [layer],
      [layer, dropout(0.5)],
      [layerNorm({ epsilon: 1e-3, activation: pick(activations) }), layer],
    ]);
  }).flat();
}

describe("two hundred random networks", () => {
  it("give the same outputs exported, in onnxruntime-web, and imported again, whatever the operator set", async () => {
    const random = randomFrom(18);
    const opsets = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const inFeatures = 1 + Math.floor((random() + 1) * 10);
      using net = new Sequential(inFeatures, randomSpecs(random), { seed: i });
      for (const layer of net.layers) {
        if (layer.kind === "dropout") continue;
        for (const array of [layer.bias, layer.kind === "layerNorm" ? layer.weight : null]) {
          array?.forEach((_, j) => {
            array[j] = 0.5 + random();
          });
        }
      }
      const opset = i % 4 === 3 ? 9 + (i % 13) : undefined;
      const file = exportOnnx(net, { opset });
      const x = Float32Array.from({ length: 3 * inFeatures }, random);
      const expected = net.predict(x);
      const { net: back, head } = importOnnx(file);
      using imported = back;
      // A final sigmoid is not part of what is imported.
      const outputs = imported.predict(x).map((y) => (head === "sigmoid" ? 1 / (1 + Math.exp(-y)) : y));
      const session = await ort.InferenceSession.create(importAndExport(imported, head) ?? file);
      const { y } = await session.run({ x: new ort.Tensor("float32", x, [3, inFeatures]) });
      await session.release();
      expect(outputs).toHaveLength(expected.length);
      for (const [j, value] of expected.entries()) {
        const tolerance = 1e-5 * (1 + Math.abs(value));
        expect(Math.abs((outputs[j] as number) - value), `network ${i}, imported`).toBeLessThan(tolerance);
        expect(Math.abs(Number(y?.data[j]) - value), `network ${i}, onnxruntime-web`).toBeLessThan(tolerance);
      }
      opsets.add(opset ?? 0);
    }
    expect(opsets.size).toBeGreaterThan(5);
  }, 300_000);
});

/** What was imported, exported once more; null where the head would be missing. */
function importAndExport(net: Network, head: string): Uint8Array | null {
  return head === "none" ? exportOnnx(net) : null;
}
