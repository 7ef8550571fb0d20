/** What importOnnx takes beside the layers: heads, outputs inside of the model, weights in other files. */
import { importOnnx } from "affine-wasm/onnx";
import { describe, expect, it } from "vitest";
import { b, check, rows, w } from "../../../support/onnxCheck.js";
import { evaluate } from "../../../support/onnxEvaluate.js";
import { type ModelParts, modelBytes, type Node, node, valueInfo } from "../../../support/onnxModels.js";

/** One layer to "h", then what is given, to "y". */
const after = (nodes: Node[], constants: ModelParts["constants"] = {}): ModelParts => ({
  node: [node("Gemm", ["x", "w", "b"], "h"), ...nodes],
  constants: { w, b, ...constants },
});

describe("importOnnx takes", () => {
  it.each(["Softmax", "Sigmoid"])("a final %s, which becomes the head", (operator) => {
    const { net, head } = importOnnx(modelBytes(after([node(operator, ["h"], "y")])));
    expect(head).toBe(operator.toLowerCase());
    const x = Float32Array.from(rows.flat());
    const expected = evaluate(after([]), rows, "h").flat();
    for (const [i, y] of net.predict(x).entries()) expect(y).toBeCloseTo(expected[i] as number, 5);
    net.dispose();
  });

  it("the probabilities of scikit-learn, not ZipMap's maps or ArgMax's labels", () => {
    const zipped = { name: "zipped", type: { sequenceType: { elemType: {} } } };
    const nodes = [
      node("Softmax", ["h"], "p"),
      node("ArgMax", ["p"], "label"),
      { ...node("ZipMap", ["p"], "zipped"), domain: "ai.onnx.ml" },
    ];
    const output = [valueInfo("label", ["n"], 7), zipped];
    const { net, head } = importOnnx(modelBytes({ ...after(nodes), output, domains: ["ai.onnx.ml"] }));
    expect([net.outFeatures, head]).toEqual([2, "softmax"]);
    net.dispose();
  });

  it("a tensor inside of the model by its name, whatever comes after", () => {
    const parts = after([node("Sin", ["h"], "y")]);
    check({ ...parts, output: ["h"] }, { output: "h" }, modelBytes(parts), {
      ...parts,
      node: [node("Gemm", ["x", "w", "b"], "y")],
    });
  });

  it("weights in files beside the model, whole or in part", () => {
    const data = new Uint8Array(Float32Array.from([9, ...w.values]).buffer);
    const at = (fields: Record<string, string>, shape: readonly number[]) => ({
      dims: [...shape],
      dataType: 1,
      dataLocation: 1,
      externalData: Object.entries(fields).map(([key, value]) => ({ key, value })),
    });
    const bias = new Uint8Array(Float32Array.from(b.values).buffer);
    const constants = {
      w: at({ location: "model.onnx.data", offset: "4", length: "24" }, w.shape),
      b: at({ location: "b.bin" }, b.shape),
    };
    const parts = { node: [node("Gemm", ["x", "w", "b"], "y")], constants };
    const externalData = { "model.onnx.data": data, "b.bin": bias };
    check(parts, { externalData });
    check(parts, { externalData: new Map(Object.entries(externalData)) });
  });
});
