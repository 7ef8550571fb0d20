/** Exported ONNX files, decoded; `onnx.dev.test.ts` runs them in another runtime. */
import { dense, type LayerActivation, Sequential } from "affine-wasm/nn";
import { exportOnnx, importOnnx } from "affine-wasm/onnx";
import protobuf from "onnx-proto";
import { describe, expect, it } from "vitest";

import { DTYPES, eachCase, expectError, wrong } from "../../../support/cases.js";

const decode = (bytes: Uint8Array) =>
  protobuf.onnx.ModelProto.toObject(protobuf.onnx.ModelProto.decode(bytes), { longs: Number });

describe.each(DTYPES)("exportOnnx in %s", (dtype) => {
  const elemType = dtype === "float32" ? 1 : 11;

  it("writes a product for each layer and its weights, with a batch of any size", () => {
    using net = new Sequential(2, [dense(3, { activation: "relu" }), dense(1, { bias: false })], { dtype, seed: 1 });
    const { graph, opsetImport, irVersion } = decode(exportOnnx(net));
    expect(irVersion).toBe(4);
    expect(opsetImport).toEqual([{ domain: "", version: 7 }]);
    expect(graph.node).toEqual([
      { opType: "Gemm", name: "0.gemm", input: ["x", "0.weight", "0.bias"], output: ["0.sum"] },
      { opType: "Relu", name: "0.activation", input: ["0.sum"], output: ["0.y"] },
      { opType: "MatMul", name: "1.matmul", input: ["0.y", "1.weight"], output: ["y"] },
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

  it("writes the lowest version that has its operators, or the one that is asked for", () => {
    const versionOf = (activation: LayerActivation, opset?: number) => {
      using net = new Sequential(1, [dense(1, { activation })], { dtype });
      const { opsetImport, irVersion, graph } = decode(exportOnnx(net, { opset }));
      return [opsetImport[0].version, irVersion, graph.node.length];
    };
    expect(versionOf("relu")).toEqual([7, 4, 2]);
    expect(versionOf("gelu")).toEqual([20, 9, 2]);
    expect(versionOf("gelu", 19)).toEqual([19, 9, 6]);
    expect(versionOf("gelu", 9)).toEqual([9, 4, 6]);
    expect(versionOf("gelu", 21)).toEqual([21, 10, 2]);
    for (const [opset, version] of [
      [10, 5],
      [11, 6],
      [14, 7],
      [18, 8],
    ]) {
      expect(versionOf("relu", opset)).toEqual([opset, version, 2]);
    }
    using net = new Sequential(1, [dense(1, { activation: "gelu" })], { dtype });
    expectError(
      () => exportOnnx(net, { opset: 8 }),
      RangeError,
      'exportOnnx: options.opset must be at least 9 for "gelu", got 8',
    );
    expectError(
      () => exportOnnx(net, { opset: 6 }),
      RangeError,
      "exportOnnx: options.opset must be from 7 to 21, got 6",
    );
  });

  it("writes weights in float16 on request, widened by the model itself", () => {
    using net = new Sequential(2, [dense(1)], { dtype, seed: 1 });
    net.layers[0]?.weight.set([1 / 3, -1]);
    const { graph } = decode(exportOnnx(net, { weights: "float16" }));
    const [weight] = graph.initializer;
    expect([weight.name, weight.dataType, weight.dims]).toEqual(["0.weight.float16", 10, [2, 1]]);
    expect([...new Uint16Array(new Uint8Array(weight.rawData).buffer)]).toEqual([0x3555, 0xbc00]);
    expect(graph.node[0]).toMatchObject({ opType: "Cast", input: ["0.weight.float16"], output: ["0.weight"] });
    const { net: back } = importOnnx(exportOnnx(net, { weights: "float16" }), { dtype });
    expect(Array.from(back.layers[0]?.weight as Float32Array)).toEqual([0x555 * 2 ** -12, -1]);
    back.dispose();
    net.layers[0]?.weight.set([1e5, 1]);
    expectError(
      () => exportOnnx(net, { weights: "float16" }),
      RangeError,
      'exportOnnx: 0.weight holds 100000, which float16 (up to 65504) cannot; keep "native"',
    );
  });

  it("refuses what is no network, and a disposed one", () => {
    const net = new Sequential(1, [dense(1)], { dtype });
    net.dispose();
    expect(() => exportOnnx(net)).toThrow(ReferenceError);
    expectError(() => exportOnnx(wrong(3)), TypeError, "exportOnnx: net must be a Sequential, got the number 3");
  });
});
