/** What importOnnx refuses as a file: missing parts, other bytes, options that are none, graphs without an end. */
import { importOnnx } from "affine-wasm/onnx";
import protobuf from "onnx-proto";
import { describe, expect, it } from "vitest";
import { expectError, wrong } from "../../../support/cases.js";
import { type ModelParts, modelBytes, type Node, node, numbers } from "../../../support/onnxModels.js";

const w = numbers([3, 2]);
const b = numbers([2], 3);

/** One layer to "h", then what is given, to "y". */
const after = (nodes: Node[], constants: ModelParts["constants"] = {}, rest: Partial<ModelParts> = {}): ModelParts => ({
  node: [node("Gemm", ["x", "w", "b"], "h"), ...nodes],
  constants: { w, b, ...constants },
  ...rest,
});
const single = (each: Node, constants: ModelParts["constants"] = {}): ModelParts => ({
  node: [each],
  constants: { w, b, ...constants },
});

describe("importOnnx refuses", () => {
  it("an output that is not there, naming those that are", () => {
    expectError(
      () => importOnnx(modelBytes(after([node("Relu", ["h"], "y")])), { output: "logits" }),
      RangeError,
      'importOnnx: the model has no tensor "logits"; it computes "y", "h"',
    );
  });

  it("parts of files that are not there", () => {
    const at = (fields: Record<string, string>) =>
      modelBytes(
        single(node("MatMul", ["x", "v"], "y"), {
          v: {
            dims: [3, 2],
            dataType: 1,
            dataLocation: 1,
            externalData: Object.entries({ location: "d", ...fields }).map(([key, value]) => ({ key, value })),
          },
        }),
      );
    const externalData = { d: new Uint8Array(24) };
    for (const [fields, message] of [
      [{ offset: "1" }, 'tensor "v" has 24 bytes from 1 of "d", which has 24'],
      [{ offset: "-1" }, 'tensor "v" has the offset "-1", expected a whole number'],
      [{ length: "20" }, 'tensor "v" has 20 bytes, expected 24 for its shape [3,2]'],
      [{ length: "1e999" }, 'tensor "v" has the length "1e999", expected a whole number'],
    ] as const) {
      expectError(() => importOnnx(at(fields), { externalData }), RangeError, `importOnnx: ${message}`);
    }
    expectError(
      () => importOnnx(at({ location: "other" }), { externalData }),
      RangeError,
      'importOnnx: tensor "v" lies in the file "other" beside the model: pass its bytes as ' +
        'externalData: { "other": bytes }; given were "d"',
    );
  });

  it("what is no model", () => {
    expect(() => importOnnx(Uint8Array.of(255, 255))).toThrow(
      /^importOnnx: no ONNX model: 2 bytes that are no protocol/,
    );
    expectError(() => importOnnx(new Uint8Array()), RangeError, "importOnnx: no ONNX model: 0 bytes without a graph");
    expectError(() => importOnnx(wrong("x")), TypeError, "importOnnx: bytes must be a Uint8Array, got a string");
    const bytes = modelBytes(after([node("Relu", ["h"], "y")]));
    expectError(
      () => importOnnx(bytes, wrong({ outputs: "y" })),
      RangeError,
      'importOnnx: options has no "outputs"; there are output, externalData, dtype',
    );
    expectError(
      () => importOnnx(bytes, { externalData: wrong(new Set()) }),
      TypeError,
      "importOnnx: options.externalData must be an object or a Map, got a Set",
    );
    expectError(
      () => importOnnx(bytes, { externalData: { a: wrong([1]) } }),
      TypeError,
      "importOnnx: options.externalData must map names to Uint8Arrays, got an Array",
    );
  });

  it("graphs within graphs, however deep", () => {
    let graph: Parameters<typeof protobuf.onnx.GraphProto.encode>[0] = { name: "g" };
    for (let i = 0; i < 50; i++) {
      graph = { name: "g", node: [{ opType: "If", output: ["y"], attribute: [{ name: "then", type: 5, g: graph }] }] };
    }
    const shallow = protobuf.onnx.ModelProto.encode({
      opsetImport: [{ domain: "", version: 17 }],
      graph: { ...graph, output: [{ name: "y" }] },
    }).finish();
    expectError(
      () => importOnnx(shallow),
      RangeError,
      'importOnnx: the If of "y" is control flow; export the model with it resolved, as in evaluation mode',
    );
    // By hand and from the end, since an encoder would not come back: field 7 is the graph, 1 a node, 5 an attribute of it,
    // 6 the graph of that.
    const bytes = new Uint8Array(400_000);
    let start = bytes.length;
    const wrap = (field: number) => {
      const length = bytes.length - start;
      const digits = [length & 127, (length >> 7) & 127, length >> 14].map((each, i) => (i < 2 ? each | 128 : each));
      for (const byte of [...digits.reverse(), (field << 3) | 2]) bytes[--start] = byte;
    };
    for (let i = 0; i < 20_000; i++) for (const field of [6, 5, 1]) wrap(field);
    wrap(7);
    expect(() => importOnnx(bytes.subarray(start))).toThrow(/^importOnnx: no ONNX model: 240004 bytes/);
  });
});
