/** Exported ONNX files, decoded; `onnx.dev.test.ts` runs them in another runtime. */
import { dense, type LayerActivation, Sequential } from "affine-wasm/nn";
import protobuf from "onnx-proto";
import { describe, expect, it } from "vitest";
import { exportOnnx } from "../../../src/nn/io/onnx.js";
import { DTYPES, eachCase, expectError, wrong } from "../../support/cases.js";

const decode = (bytes: Uint8Array) =>
  protobuf.onnx.ModelProto.toObject(protobuf.onnx.ModelProto.decode(bytes), { longs: Number });

describe.each(DTYPES)("exportOnnx in %s", (dtype) => {
  const elemType = dtype === "float32" ? 1 : 11;

  it("writes a Gemm for each layer and its weights, with a batch of any size", () => {
    using net = new Sequential(2, [dense(3, { activation: "relu" }), dense(1, { bias: false })], { dtype, seed: 1 });
    const { graph, opsetImport, irVersion } = decode(exportOnnx(net));
    expect(irVersion).toBe(9);
    expect(opsetImport).toEqual([{ domain: "", version: 20 }]);
    expect(graph.node).toEqual([
      { opType: "Gemm", name: "0.gemm", input: ["x", "0.weight", "0.bias"], output: ["0.sum"] },
      { opType: "Relu", name: "0.activation", input: ["0.sum"], output: ["0.y"] },
      { opType: "Gemm", name: "1.gemm", input: ["0.y", "1.weight"], output: ["y"] },
    ]);
    const matrix = (name: string, columns: number) => {
      const shape = { dim: [{ dimParam: "batch" }, { dimValue: columns }] };
      return [{ name, type: { tensorType: { elemType, shape } } }];
    };
    expect(graph.input).toEqual(matrix("x", 2));
    expect(graph.output).toEqual(matrix("y", 1));
    const [first, second] = net.layers;
    const wanted = [
      { name: "0.weight", dims: [2, 3], data: first?.weight },
      { name: "0.bias", dims: [3], data: first?.bias },
      { name: "1.weight", dims: [3, 1], data: second?.weight },
    ];
    expect(graph.initializer).toHaveLength(wanted.length);
    eachCase(wanted.entries(), ([i, { name, dims, data }]) => {
      const { rawData, dataType, ...rest } = graph.initializer[i];
      expect(rest).toEqual({ name, dims });
      expect(dataType).toBe(elemType);
      const bytes = data as Float32Array;
      expect(new Uint8Array(rawData)).toEqual(new Uint8Array(bytes.slice().buffer));
    });
  });

  it("writes every activation as the operator of its name", () => {
    const operators: [LayerActivation, object[]][] = [
      ["none", []],
      ["relu", [{ opType: "Relu" }]],
      ["sigmoid", [{ opType: "Sigmoid" }]],
      ["tanh", [{ opType: "Tanh" }]],
      ["gelu", [{ opType: "Gelu" }]],
      [{ leakyRelu: 0.25 }, [{ opType: "LeakyRelu", attribute: [{ name: "alpha", type: 1, f: 0.25 }] }]],
    ];
    eachCase(operators, ([activation, expected]) => {
      using net = new Sequential(1, [dense(1, { activation })], { dtype });
      const { node } = decode(exportOnnx(net)).graph;
      expect(node[0].output).toEqual([expected.length ? "0.sum" : "y"]);
      const names = { name: "0.activation", input: ["0.sum"], output: ["y"] };
      expect(node.slice(1)).toEqual(expected.map((each) => ({ ...names, ...each })));
    });
  });

  it("refuses what is no network, and a disposed one", () => {
    const net = new Sequential(1, [dense(1)], { dtype });
    net.dispose();
    expect(() => exportOnnx(net)).toThrow(ReferenceError);
    expectError(() => exportOnnx(wrong(3)), TypeError, "exportOnnx: net must be a Sequential, got the number 3");
  });
});
