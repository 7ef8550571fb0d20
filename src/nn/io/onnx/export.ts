/**
 * Networks as ONNX files, for other runtimes.
 *
 * A dense layer becomes a Gemm, `Y = X·W + b`, or without a bias a MatMul, a layer norm a LayerNormalization, each followed
 * by the operator of its activation; dropout an Identity. Source: https://onnx.ai/onnx/operators.
 */
import protobuf, { type onnx } from "onnx-proto";
import { checkChoice, checkFields, checkWhole } from "../../../common/check.js";
import type { DType, FloatArray } from "../../../common/dtype.js";
import { toFloat16 } from "../../../common/half.js";
import { arraysOf, checkNetwork, type NamedArray, type Network, type NetworkLayer } from "../network.js";
import { activationNodes, layerNormNodes, type Nodes, TYPES } from "./nodes.js";

const { ModelProto, TensorProto } = protobuf.onnx;

const CALLER = "exportOnnx";

export interface ExportOnnxOptions {
  /**
   * The version of the operator set, 7 to 21. Default: the lowest that has all operators of the network. With a lower one,
   * an operator that it lacks is written as several, where that is possible.
   */
  opset?: number | undefined;
  /** How weights lie in the file: "float16" takes half the bytes of float32, rounded to 11 bits. Default: as in the network. */
  weights?: "float16" | "native" | undefined;
}

const OLDEST = 7;
const NEWEST = 21;

/** The first version of the format that has an operator set, and initializers that are no inputs: [set, version]. */
const IR_VERSIONS = [
  [21, 10],
  [19, 9],
  [15, 8],
  [12, 7],
  [11, 6],
  [10, 5],
  [OLDEST, 4],
] as const;

/**
 * The network as an ONNX model: input "x" [batch × inFeatures], output "y" [batch × outFeatures], any batch; weights under
 * the names of `saveWeights`. It has the lowest version that the network needs: 7 for
 * most, 17 with layer norm, 20 with GELU.
 *
 * A runtime may lack operators in float64: onnxruntime-web 1.30 has no LeakyRelu and no Gelu there.
 *
 * @returns the bytes of an .onnx file
 * @throws TypeError for anything but a network, RangeError for bad options, ReferenceError for a disposed network
 */
export function exportOnnx(net: Network, options: ExportOnnxOptions = {}): Uint8Array<ArrayBuffer> {
  checkNetwork(CALLER, net);
  checkFields(CALLER, "options", options, ["opset", "weights"]);
  const { opset, weights = "native" } = options;
  if (opset !== undefined) checkOpset(opset);
  checkChoice(CALLER, "options.weights", weights, ["native", "float16"]);
  const { dtype, layers } = net;
  const nodes: Nodes = { node: [], initializer: [], opset: opset ?? null, needed: OLDEST, dtype };
  for (const each of arraysOf(net)) addWeights(nodes, each, weights === "float16");
  const last = layers.length - 1;
  for (const [i, layer] of layers.entries()) {
    addLayer(nodes, layer, i, i === 0 ? "x" : `${i - 1}.y`, i === last ? "y" : `${i}.y`);
  }
  const columns = { x: layers[0]?.inFeatures as number, y: layers[last]?.outFeatures as number };
  return encode(nodes, [valueInfo("x", dtype, columns.x)], [valueInfo("y", dtype, columns.y)]);
}

function addLayer(nodes: Nodes, layer: NetworkLayer, i: number, input: string, output: string): void {
  const { kind, activation } = layer;
  // Dropout does nothing outside of training.
  if (kind === "dropout") {
    nodes.node.push({ opType: "Identity", name: `${i}.identity`, input: [input], output: [output] });
    return;
  }
  const sum = activation === "none" ? output : `${i}.sum`;
  const [weight, bias] = [`${i}.weight`, `${i}.bias`];
  if (kind === "layerNorm") {
    const { epsilon } = layer;
    layerNormNodes(nodes, { epsilon, name: `${i}.layerNorm`, weight, bias }, input, sum);
  } else if (layer.bias) {
    nodes.node.push({ opType: "Gemm", name: `${i}.gemm`, input: [input, weight, bias], output: [sum] });
  } else {
    // Gemm wants a bias before version 11, MatMul has none in any.
    nodes.node.push({ opType: "MatMul", name: `${i}.matmul`, input: [input, weight], output: [sum] });
  }
  if (activation !== "none") activationNodes(nodes, activation, `${i}.activation`, sum, output);
}

function checkOpset(opset: number): void {
  checkWhole(CALLER, "options.opset", opset);
  if (opset < OLDEST || opset > NEWEST) {
    throw new RangeError(`${CALLER}: options.opset must be from ${OLDEST} to ${NEWEST}, got ${opset}`);
  }
}

function encode(nodes: Nodes, input: onnx.IValueInfoProto[], output: onnx.IValueInfoProto[]): Uint8Array<ArrayBuffer> {
  const { node, initializer, needed, opset } = nodes;
  const version = opset ?? needed;
  const bytes = ModelProto.encode({
    irVersion: IR_VERSIONS.find(([set]) => version >= set)?.[1] as number,
    producerName: "affine-wasm",
    opsetImport: [{ domain: "", version }],
    graph: { name: "sequential", node, initializer, input, output },
  }).finish();
  return new Uint8Array(bytes);
}

/** An initializer; in float16, a smaller one that a node widens. */
function addWeights(nodes: Nodes, { name, shape, data }: NamedArray, narrow: boolean): void {
  const { dtype } = nodes;
  if (!narrow) {
    nodes.initializer.push({ name, dataType: TYPES[dtype], dims: [...shape], rawData: bytesOf(data) });
    return;
  }
  const half = Uint16Array.from(data, toFloat16);
  const infinite = half.findIndex((bits, i) => (bits & 0x7c00) === 0x7c00 && Number.isFinite(data[i]));
  if (infinite >= 0) {
    throw new RangeError(
      `${CALLER}: ${name} holds ${data[infinite]}, which float16 (up to 65504) cannot; keep "native"`,
    );
  }
  const stored = `${name}.float16`;
  nodes.initializer.push({
    name: stored,
    dataType: TensorProto.DataType.FLOAT16,
    dims: [...shape],
    rawData: new Uint8Array(half.buffer),
  });
  const to = { name: "to", type: 2, i: TYPES[dtype] };
  nodes.node.push({ opType: "Cast", name: `${name}.widened`, input: [stored], output: [name], attribute: [to] });
}

function bytesOf({ buffer, byteOffset, byteLength }: FloatArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function valueInfo(name: string, dtype: DType, columns: number): onnx.IValueInfoProto {
  const shape = { dim: [{ dimParam: "batch" }, { dimValue: columns }] };
  return { name, type: { tensorType: { elemType: TYPES[dtype], shape } } };
}
