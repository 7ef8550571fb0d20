/** Exported networks in onnxruntime-web: the outputs are those of `predict`. */
import { dense, type LayerActivation, Sequential } from "affine-wasm/nn";
import { exportOnnx } from "affine-wasm/onnx";
import * as ort from "onnxruntime-web";
import { describe, expect, it } from "vitest";

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
