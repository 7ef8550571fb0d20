/** The nodes of a model that is written: one for each operation, or several where an operator set lacks the operator. */
import protobuf, { type onnx } from "onnx-proto";
import type { DType } from "../../../common/dtype.js";
import { ACTIVATIONS } from "../../../kernels/nn/activations.js";
import { type LayerActivation, nameOf, parameterOf } from "../../activations.js";

const { TensorProto, AttributeProto } = protobuf.onnx;

export const TYPES = { float32: TensorProto.DataType.FLOAT, float64: TensorProto.DataType.DOUBLE };

/** What a model consists of so far. */
export interface Nodes {
  readonly node: onnx.INodeProto[];
  readonly initializer: onnx.ITensorProto[];
  /** The operator set that it must keep to; null: the lowest. */
  readonly opset: number | null;
  /** The lowest operator set that has all its operators. */
  needed: number;
  readonly dtype: DType;
}

/** The first operator sets that have Gelu, Erf, and LayerNormalization. */
const GELU = 20;
const ERF = 9;
const LAYER_NORM = 17;

/** Whether an operator that came with a version can be written; the model then needs it. */
export function has(nodes: Nodes, version: number): boolean {
  if (nodes.opset !== null && nodes.opset < version) return false;
  nodes.needed = Math.max(nodes.needed, version);
  return true;
}

/** Adds the nodes of an activation. */
export function activationNodes(
  nodes: Nodes,
  activation: LayerActivation,
  name: string,
  input: string,
  output: string,
): void {
  const kind = nameOf(activation);
  if (kind === null) return;
  if (kind === "silu") {
    // No operator before set 24.
    const gate = step(nodes, name, "Sigmoid", [input]);
    nodes.node.push({ opType: "Mul", name, input: [input, gate], output: [output] });
    return;
  }
  if (kind === "gelu" && !has(nodes, GELU)) {
    geluNodes(nodes, name, input, output);
    return;
  }
  const { onnx: opType, parameter } = ACTIVATIONS[kind];
  const alpha = { name: "alpha", type: AttributeProto.AttributeType.FLOAT, f: parameterOf(activation) };
  nodes.node.push({ opType, name, input: [input], output: [output], ...(parameter ? { attribute: [alpha] } : {}) });
}

/** Adds a node of one output, which is named after it and returned. */
function step(nodes: Nodes, name: string, opType: string, input: string[], attribute: onnx.IAttributeProto[] = []) {
  const output = `${name}.${nodes.node.length}`;
  nodes.node.push({ opType, name: output, input, output: [output], attribute });
  return output;
}

/** ½·x·(1 + erf(x / √2)), for operator sets without Gelu. */
function geluNodes(nodes: Nodes, name: string, x: string, output: string): void {
  if (!has(nodes, ERF)) {
    throw new RangeError(`exportOnnx: options.opset must be at least ${ERF} for "gelu", got ${nodes.opset}`);
  }
  const erf = step(nodes, name, "Erf", [step(nodes, name, "Div", [x, constant(nodes, `${name}.root`, Math.SQRT2)])]);
  const sum = step(nodes, name, "Add", [erf, constant(nodes, `${name}.one`, 1)]);
  const product = step(nodes, name, "Mul", [x, sum]);
  nodes.node.push({ opType: "Mul", name, input: [product, constant(nodes, `${name}.half`, 0.5)], output: [output] });
}

/** Adds the nodes of a layer normalisation with weights that are there already. */
export function layerNormNodes(
  nodes: Nodes,
  { epsilon, name, weight, bias }: { epsilon: number; name: string; weight: string; bias: string },
  x: string,
  output: string,
): void {
  if (has(nodes, LAYER_NORM)) {
    const attribute = [{ name: "epsilon", type: AttributeProto.AttributeType.FLOAT, f: epsilon }];
    nodes.node.push({ opType: "LayerNormalization", name, input: [x, weight, bias], output: [output], attribute });
    return;
  }
  // (x - mean) / √(variance + epsilon)·weight + bias; ReduceMean has its axes as an attribute before set 18.
  const axes = [{ name: "axes", type: AttributeProto.AttributeType.INTS, ints: [-1] }];
  const mean = (of: string) => step(nodes, name, "ReduceMean", [of], axes);
  const centred = step(nodes, name, "Sub", [x, mean(x)]);
  const variance = mean(step(nodes, name, "Mul", [centred, centred]));
  const sum = step(nodes, name, "Add", [variance, constant(nodes, `${name}.epsilon`, epsilon)]);
  const normalized = step(nodes, name, "Div", [centred, step(nodes, name, "Sqrt", [sum])]);
  const scaled = step(nodes, name, "Mul", [normalized, weight]);
  nodes.node.push({ opType: "Add", name, input: [scaled, bias], output: [output] });
}

/** The name of an initializer of one number. */
function constant(nodes: Nodes, name: string, value: number): string {
  const { dtype } = nodes;
  const data = dtype === "float32" ? { floatData: [value] } : { doubleData: [value] };
  nodes.initializer.push({ name, dataType: TYPES[dtype], dims: [], ...data });
  return name;
}
