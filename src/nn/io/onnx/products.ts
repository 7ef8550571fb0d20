/** Products with constant weights: Gemm and MatMul. */
import type { FloatArray } from "../../../common/dtype.js";
import { floatAttribute, type Graph, integerAttribute, type Node } from "./graph.js";
import { columnsOf, type Step } from "./operations.js";
import { refused } from "./refusal.js";
import { transposed } from "./tensors.js";

export function gemm(graph: Graph, node: Node): Step {
  const [a = "", b = "", c = ""] = node.input ?? [];
  if (graph.isConstant(a) || !graph.isConstant(b)) {
    throw refused(node, "is not rows times constant weights", "the second operand must be a constant");
  }
  if (integerAttribute(node, "transA", 0) !== 0) throw refused(node, "has transA", "transpose the input before");
  const { rows, columns, values } = matrixOf(graph, node, b);
  const turn = integerAttribute(node, "transB", 0) !== 0;
  const [inFeatures, outFeatures] = turn ? [columns, rows] : [rows, columns];
  const bias = c === "" ? null : graph.floats(c);
  if (bias === undefined) throw refused(node, "has a bias that depends on an input", "it must be a constant");
  const alpha = floatAttribute(node, "alpha", 1);
  const beta = floatAttribute(node, "beta", 1);
  const weight = turn ? transposed(values, rows, columns) : values;
  return {
    operations: [
      {
        kind: "product",
        node,
        inFeatures,
        outFeatures,
        weight: alpha === 1 ? weight : weight.map((w) => w * alpha),
        bias: bias && columnsOf(node, bias).map((each) => each * beta),
      },
    ],
    input: a,
  };
}

export function matMul(graph: Graph, node: Node): Step {
  const [a = "", b = ""] = node.input ?? [];
  if (graph.isConstant(a) || !graph.isConstant(b)) {
    throw refused(node, "is not rows times constant weights", "the second operand must be a constant");
  }
  const { rows, columns, values } = matrixOf(graph, node, b);
  const product = { kind: "product", inFeatures: rows, outFeatures: columns, weight: values, bias: null } as const;
  return { operations: [{ ...product, node }], input: a };
}

function matrixOf(graph: Graph, node: Node, name: string): { rows: number; columns: number; values: FloatArray } {
  const constant = graph.floats(name);
  const [rows = 0, columns = 0] = constant?.shape ?? [];
  if (constant?.shape.length !== 2 || rows === 0 || columns === 0) {
    throw refused(node, `has weights of the shape [${constant?.shape ?? ""}]`, "a constant matrix is expected");
  }
  return { rows, columns, values: constant.values };
}
