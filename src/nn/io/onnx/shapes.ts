/** Operators that leave the numbers of a row as they are. */
import { type Graph, integerAttribute, type Node } from "./graph.js";
import { dataInput, INNER, type Step } from "./operations.js";
import { refused } from "./refusal.js";

export function flatten(graph: Graph, node: Node): Step {
  if (integerAttribute(node, "axis", 1) !== 1) throw refused(node, "does not keep the rows", "axis 1 is expected");
  return { operations: [{ kind: "flatten", node, features: null }], input: dataInput(graph, node) };
}

export function reshape(graph: Graph, node: Node): Step {
  const [input = "", shapeName = ""] = node.input ?? [];
  const shape = graph.integers(shapeName) ?? dynamicShape(graph, shapeName, input);
  const [rows = 0, columns = 0] = shape ?? [];
  if (shape?.length !== 2 || rows < -1 || columns < -1 || columns === 0) {
    throw refused(node, `has the shape [${shape ?? "computed"}]`, "[rows, columns] is expected, as Flatten gives");
  }
  return { operations: [{ kind: "flatten", node, features: columns > 0 ? columns : null }], input };
}

/** The shape [rows of the input, columns] as PyTorch computes it: Shape, Gather 0, Unsqueeze, Concat. */
function dynamicShape(graph: Graph, name: string, input: string): number[] | undefined {
  const node = graph.producerOf(name);
  const [rows = "", columns = "", ...more] = node?.input ?? [];
  const size = graph.integers(columns);
  if (node?.opType !== "Concat" || more.length > 0 || size?.length !== 1) return undefined;
  let from = graph.producerOf(rows);
  for (let step = 0; step < 8 && from?.opType !== "Shape"; step++) {
    if (!from || !["Unsqueeze", "Squeeze", "Gather", "Cast", "Identity"].includes(from.opType ?? "")) return undefined;
    if (from.opType === "Gather" && graph.integers(from.input?.[1] ?? "")?.[0] !== 0) return undefined;
    from = graph.producerOf(from.input?.[0] ?? "");
  }
  return from?.opType === "Shape" && from.input?.[0] === input ? [-1, size[0] as number] : undefined;
}

export function softmax(graph: Graph, node: Node): Step {
  if (![-1, 1].includes(integerAttribute(node, "axis", graph.opset < 13 ? 1 : -1))) {
    throw refused(node, "is not along the columns", INNER);
  }
  return { operations: [{ kind: "softmax", node }], input: dataInput(graph, node) };
}

export function same(graph: Graph, node: Node): Step {
  return { operations: [], input: dataInput(graph, node) };
}

export function dropout(graph: Graph, node: Node): Step {
  const training = node.input?.[2];
  if (training && graph.truth(training) !== false) throw refused(node, "may train", "export it in evaluation mode");
  return { operations: [], input: node.input?.[0] ?? "" };
}

export function cast(graph: Graph, node: Node): Step {
  const to = integerAttribute(node, "to", 0);
  if (to !== 1 && to !== 11) throw refused(node, "is not to floats", INNER);
  return same(graph, node);
}

export function concat(graph: Graph, node: Node): Step {
  if (node.input?.length !== 1) throw refused(node, `joins ${node.input?.length ?? 0} tensors`, INNER);
  return same(graph, node);
}
