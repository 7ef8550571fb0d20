/** A model that others trained: TensorFlow.js's example of the age of abalones, from the folder that MODEL_DATA names. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { importTfjsLayers } from "affine-wasm/tfjs-layers";
import { describe, expect, it } from "vitest";

const folder = process.env.MODEL_DATA;
if (!folder) console.log("not run: the models of others, whose folder MODEL_DATA would name");

describe.runIf(folder)("a layers model of others", () => {
  it("gives the outputs that its weights give", () => {
    const file = (name: string) => readFileSync(join(folder as string, name));
    const { outputs } = JSON.parse(file("expected.json").toString())["tfjs-abalone/model.json"];
    const { values } = outputs.y as { values: number[] };
    const { net, head } = importTfjsLayers(file("tfjs-abalone/model.json").toString(), [
      file("tfjs-abalone/weights.bin"),
    ]);
    const y = net.predict(Float32Array.from({ length: 24 }, (_, i) => Math.sin(0.37 * i + 0.5)));
    expect(head).toBe("none");
    expect(y).toHaveLength(values.length);
    for (const [i, value] of values.entries()) {
      expect(Math.abs((y[i] as number) - value)).toBeLessThan(1e-5 * (1 + Math.abs(value)));
    }
    net.dispose();
  });
});
