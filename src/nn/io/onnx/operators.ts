/** The operators that are taken, and what is said of the others. */
import { quoted } from "../../../common/quoted.js";
import { ACTIVATION_NAMES, ACTIVATIONS, type ActivationName } from "../../../kernels/nn/activations.js";
import type { LayerActivation } from "../../activations.js";
import { add, batchNormalization, divide, layerNormalization, multiply, scaler, subtract } from "./columns.js";
import { floatAttribute, type Graph, isDefaultDomain, type Node, textAttribute } from "./graph.js";
import { dataInput, INNER, innerOf, type Step } from "./operations.js";
import { gemm, matMul } from "./products.js";
import { refused, TANH_GELU } from "./refusal.js";
import { cast, concat, dropout, flatten, reshape, same, softmax } from "./shapes.js";

/** What each operator does. */
const OPERATORS: ReadonlyMap<string, (graph: Graph, node: Node) => Step> = new Map([
  ["Gemm", gemm],
  ["MatMul", matMul],
  ["Add", add],
  ["Sub", subtract],
  ["Mul", multiply],
  ["Div", divide],
  ["BatchNormalization", batchNormalization],
  ["LayerNormalization", layerNormalization],
  ["Flatten", flatten],
  ["Reshape", reshape],
  ["Softmax", softmax],
  ["Identity", same],
  ["Dropout", dropout],
  ["Cast", cast],
  ["Concat", concat],
  ...ACTIVATION_NAMES.filter((name) => ACTIVATIONS[name].onnx !== null).map(
    (name) => [ACTIVATIONS[name].onnx as string, (graph: Graph, node: Node) => activation(graph, node, name)] as const,
  ),
]);

/** Names of operators, by what would help. */
const REMEDIES: readonly (readonly [RegExp, string, string])[] = [
  [
    /^(Dynamic)?QuantizeLinear$|^DequantizeLinear$|^QLinear|Integer$/,
    "is quantized",
    "export the model in float32, and quantize it here by quantize(net)",
  ],
  [/^(If|Loop|Scan)$/, "is control flow", "export the model with it resolved, as in evaluation mode"],
  [/^LogSoftmax$/, "is no layer", `${INNER} for the logits; softmax(y, columns) gives probabilities`],
  [/^(ArgMax|TopK|ArrayFeatureExtractor)$/, "gives class numbers", `${INNER} for what they are computed from`],
];

/** What the node that computes a tensor does, and to which tensor. */
export function stepOf(graph: Graph, node: Node): Step {
  const operator = node.opType ?? "";
  if (node.domain === "ai.onnx.ml" && operator === "Scaler") return scaler(graph, node);
  if (node.domain === "ai.onnx.ml" && operator === "ZipMap") return same(graph, node);
  const known = REMEDIES.find(([name]) => name.test(operator));
  if (known) throw refused(node, known[1], known[2]);
  if (!isDefaultDomain(node)) {
    throw refused(node, `is of the domain ${quoted(node.domain ?? "")}`, "export the model with standard operators");
  }
  const read = OPERATORS.get(operator);
  if (read) return read(graph, node);
  throw refused(node, "is no layer of such a network", innerOf(graph, node));
}

function activation(graph: Graph, node: Node, name: ActivationName): Step {
  if (name === "gelu" && textAttribute(node, "approximate") === "tanh") throw refused(node, ...TANH_GELU);
  const input = dataInput(graph, node);
  return { operations: [{ kind: "activation", node, activation: activationOf(node, name) }], input };
}

/** LeakyRelu's default alpha; Elu's is 1. */
const ALPHAS: Readonly<Record<string, number>> = { leakyRelu: 0.01, elu: 1 };

function activationOf(node: Node, name: ActivationName): LayerActivation {
  if (ACTIVATIONS[name].parameter === null) return name as LayerActivation;
  const alpha = Math.fround(floatAttribute(node, "alpha", ALPHAS[name] ?? 1));
  if (alpha === 0) return "relu";
  if (!(alpha > 0 && alpha < Number.POSITIVE_INFINITY)) {
    throw refused(node, `has the alpha ${alpha}`, "a positive one is expected");
  }
  return { [name]: alpha } as LayerActivation;
}
