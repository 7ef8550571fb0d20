/**
 * Networks as ONNX files, for other runtimes.
 *
 * A dense layer becomes a Gemm, `Y = X·W + b`, a layer norm a LayerNormalization, each followed by the operator of its
 * activation; dropout an Identity. Source: https://onnx.ai/onnx/operators.
 */
import protobuf from "onnx-proto";
import type { DType, FloatArray } from "../../common/dtype.js";
import { ACTIVATIONS } from "../../kernels/nn/activations.js";
import { type LayerActivation, nameOf, parameterOf } from "../activations.js";
import { arraysOf, checkNetwork, type NamedArray, type Network } from "./network.js";

const { ModelProto, TensorProto, AttributeProto } = protobuf.onnx;

/** The first operator set that has Gelu, and the first version of the format that has that set. */
const OPSET = 20;
const IR_VERSION = 9;

const TYPES = { float32: TensorProto.DataType.FLOAT, float64: TensorProto.DataType.DOUBLE };

/**
 * The network as an ONNX model: input "x" [batch × inFeatures], output "y" [batch × outFeatures], any batch; weights under
 * the names of `saveWeights`. ONNX 1.15 (operator set 20) or newer reads it.
 *
 * A runtime may lack operators in float64: onnxruntime-web 1.30 has no LeakyRelu and no Gelu there.
 *
 * @returns the bytes of an .onnx file
 * @throws TypeError for anything but a network, ReferenceError for a disposed one
 */
export function exportOnnx(net: Network): Uint8Array<ArrayBuffer> {
  checkNetwork("exportOnnx", net);
  const { dtype, layers } = net;
  const parameters = arraysOf(net);
  const last = layers.length - 1;
  const nodes = layers.flatMap((layer, i) => {
    const [input, output] = [i === 0 ? "x" : `${i - 1}.y`, i === last ? "y" : `${i}.y`];
    // Dropout does nothing outside of training.
    if (layer.kind === "dropout") {
      return [{ name: `${i}.identity`, opType: "Identity", input: [input], output: [output] }];
    }
    const sum = layer.activation === "none" ? output : `${i}.sum`;
    const operands = [input, `${i}.weight`, ...(layer.bias ? [`${i}.bias`] : [])];
    const map = layer.kind === "dense" ? { opType: "Gemm", name: `${i}.gemm` } : layerNormalization(i, layer.epsilon);
    return [{ ...map, input: operands, output: [sum] }, ...activationNodes(layer.activation, i, sum, output)];
  });
  const columns = { x: layers[0]?.inFeatures as number, y: layers[last]?.outFeatures as number };
  const bytes = ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: "affine-wasm",
    opsetImport: [{ domain: "", version: OPSET }],
    graph: {
      name: "sequential",
      node: nodes,
      initializer: parameters.map((each) => initializer(dtype, each)),
      input: [valueInfo("x", dtype, columns.x)],
      output: [valueInfo("y", dtype, columns.y)],
    },
  }).finish();
  return new Uint8Array(bytes);
}

function layerNormalization(i: number, epsilon: number) {
  const attribute = [{ name: "epsilon", type: AttributeProto.AttributeType.FLOAT, f: epsilon }];
  return { opType: "LayerNormalization", name: `${i}.layerNorm`, attribute };
}

function activationNodes(activation: LayerActivation, i: number, input: string, output: string) {
  const name = nameOf(activation);
  if (name === null) return [];
  const { onnx: opType, parameter } = ACTIVATIONS[name];
  if (opType === null) {
    // SiLU: z·sigmoid(z), which has no operator of its own before set 24.
    const gate = `${i}.gate`;
    return [
      { name: `${i}.sigmoid`, opType: "Sigmoid", input: [input], output: [gate] },
      { name: `${i}.activation`, opType: "Mul", input: [input, gate], output: [output] },
    ];
  }
  const act = { name: `${i}.activation`, opType, input: [input], output: [output] };
  if (!parameter) return [act];
  const alpha = { name: "alpha", type: AttributeProto.AttributeType.FLOAT, f: parameterOf(activation) };
  return [{ ...act, attribute: [alpha] }];
}

function initializer(dtype: DType, { name, shape, data }: NamedArray) {
  return { name, dataType: TYPES[dtype], dims: [...shape], rawData: bytesOf(data) };
}

function bytesOf({ buffer, byteOffset, byteLength }: FloatArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function valueInfo(name: string, dtype: DType, columns: number) {
  const shape = { dim: [{ dimParam: "batch" }, { dimValue: columns }] };
  return { name, type: { tensorType: { elemType: TYPES[dtype], shape } } };
}
