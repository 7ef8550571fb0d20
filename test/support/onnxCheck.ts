/** Imports a model and holds its outputs to an evaluation of its operators. */
import { type ImportOnnxOptions, importOnnx } from "affine-wasm/onnx";
import { expect } from "vitest";
import { evaluate } from "./onnxEvaluate.js";
import { type ModelParts, modelBytes, numbers } from "./onnxModels.js";

export const w = numbers([3, 2]);
export const b = numbers([2], 3);

export const rows = [
  [0.25, -1, 2],
  [1, 0.5, -0.75],
  [-3, 0, 0.125],
];

/** The weights that an evaluation cannot take as they lie in the file. */
const PLAIN = { w, b, f: { shape: [], values: [0.5] } };

export function check(parts: ModelParts, options: ImportOnnxOptions = {}, file = modelBytes(parts), evaluated = parts) {
  const constants = { ...PLAIN, ...evaluated.constants };
  const plain = Object.entries(constants).map(([name, each]) => [name, "values" in each ? each : PLAIN[name as "w"]]);
  const expected = evaluate({ ...evaluated, constants: Object.fromEntries(plain.filter(([, each]) => each)) }, rows);
  for (const dtype of ["float32", "float64"] as const) {
    const { net, head } = importOnnx(file, { ...options, dtype });
    try {
      expect(head).toBe("none");
      const y = net.predict((dtype === "float32" ? Float32Array : Float64Array).from(rows.flat()) as never);
      expect(y).toHaveLength(expected.flat().length);
      for (const [i, value] of expected.flat().entries()) {
        expect(Math.abs((y[i] as number) - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)));
      }
    } finally {
      net.dispose();
    }
  }
}
