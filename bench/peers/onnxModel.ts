/** The two passes of a dense layer as ONNX models, for a runtime that has no training of its own. */

import type { onnx } from "onnx-proto";
import proto from "onnx-proto";
import type { Shape } from "../common/layers.ts";

const FLOAT = proto.onnx.TensorProto.DataType.FLOAT;
const INT = proto.onnx.AttributeProto.AttributeType.INT;

/** Y = Gemm(X, W, b). */
export function forwardModel({ batch, inFeatures, outFeatures }: Shape): Uint8Array {
  return model(
    [{ opType: "Gemm", input: ["x", "weight", "bias"], output: ["y"] }],
    [value("x", batch, inFeatures), value("weight", inFeatures, outFeatures), value("bias", outFeatures)],
    [value("y", batch, outFeatures)],
  );
}

/** dX = dY·Wᵀ, dW = Xᵀ·dY, db = the sums of the columns of dY. */
export function backwardModel({ batch, inFeatures, outFeatures }: Shape): Uint8Array {
  return model(
    [
      { opType: "Gemm", input: ["dy", "weight"], output: ["dx"], attribute: [flag("transB", 1)] },
      { opType: "Gemm", input: ["x", "dy"], output: ["dWeight"], attribute: [flag("transA", 1)] },
      { opType: "ReduceSum", input: ["dy", "axes"], output: ["dBias"], attribute: [flag("keepdims", 0)] },
    ],
    [value("x", batch, inFeatures), value("weight", inFeatures, outFeatures), value("dy", batch, outFeatures)],
    [value("dx", batch, inFeatures), value("dWeight", inFeatures, outFeatures), value("dBias", outFeatures)],
    [{ name: "axes", dims: [1], dataType: proto.onnx.TensorProto.DataType.INT64, int64Data: [0] }],
  );
}

function model(
  node: onnx.INodeProto[],
  input: onnx.IValueInfoProto[],
  output: onnx.IValueInfoProto[],
  initializer: onnx.ITensorProto[] = [],
): Uint8Array {
  const graph = { name: "dense", node, input, output, initializer };
  return proto.onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 13 }], graph }).finish();
}

function value(name: string, ...sizes: number[]): onnx.IValueInfoProto {
  const dim = sizes.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

function flag(name: string, i: number): onnx.IAttributeProto {
  return { name, type: INT, i };
}
