/** Operators that treat every column by itself, or every row by its own mean. */
import { attribute, floatAttribute, type Graph, integerAttribute, type Node } from "./graph.js";
import { at, type Columns, columnsOf, dataInput, INNER, ONE, type Step, ZERO } from "./operations.js";
import { refused } from "./refusal.js";

export function add(graph: Graph, node: Node): Step {
  return elementwise(graph, node, (c) => ({ factor: ONE, offset: c }));
}

export function multiply(graph: Graph, node: Node): Step {
  return elementwise(graph, node, (c) => ({ factor: c, offset: ZERO }));
}

/** An operation with a constant, on either side. */
function elementwise(
  graph: Graph,
  node: Node,
  scaleOf: (constant: Columns) => { factor: Columns; offset: Columns },
): Step {
  const input = dataInput(graph, node);
  const [first = "", second = ""] = node.input ?? [];
  const constant = graph.floats(first === input ? second : first);
  if (!constant || node.input?.length !== 2) throw refused(node, "has no constant operand", INNER);
  if (graph.opset < 7 && integerAttribute(node, "axis", 1) !== 1) {
    throw refused(node, "broadcasts along another axis than the columns", "convert the model to a newer operator set");
  }
  return { operations: [{ kind: "scale", node, ...scaleOf(columnsOf(node, constant)) }], input };
}

export function subtract(graph: Graph, node: Node): Step {
  const fromConstant = graph.isConstant(node.input?.[0] ?? "");
  return elementwise(graph, node, (c) =>
    fromConstant ? { factor: Float64Array.of(-1), offset: c } : { factor: ONE, offset: c.map((each) => -each) },
  );
}

export function divide(graph: Graph, node: Node): Step {
  if (graph.isConstant(node.input?.[0] ?? "")) throw refused(node, "divides a constant by the input", INNER);
  return elementwise(graph, node, (c) => ({ factor: Float64Array.from(c, (each) => 1 / each), offset: ZERO }));
}

export function scaler(graph: Graph, node: Node): Step {
  const offsets = Float64Array.from(attribute(node, "offset")?.floats ?? [0]);
  const factor = Float64Array.from(attribute(node, "scale")?.floats ?? [1]);
  const length = Math.max(offsets.length, factor.length);
  if (![1, length].includes(offsets.length) || ![1, length].includes(factor.length) || length === 0) {
    throw refused(node, `has ${offsets.length} offsets and ${factor.length} scales`, "as many of each are expected");
  }
  const offset = Float64Array.from({ length }, (_, i) => -at(offsets, i) * at(factor, i));
  return { operations: [{ kind: "scale", node, factor, offset }], input: dataInput(graph, node) };
}

export function batchNormalization(graph: Graph, node: Node): Step {
  const [input = "", ...names] = node.input ?? [];
  const [scale, shift, mean, variance] = names.map((name) => graph.floats(name)?.values);
  const lengths = new Set([scale, shift, mean, variance].map((each) => each?.length));
  if (!scale || !shift || !mean || !variance || lengths.size !== 1) {
    throw refused(node, "has no constant statistics of one length", "export the model in evaluation mode");
  }
  if (integerAttribute(node, "training_mode", 0) !== 0) throw refused(node, "trains", "export in evaluation mode");
  const epsilon = floatAttribute(node, "epsilon", 1e-5);
  const factor = Float64Array.from(scale, (each, i) => each / Math.sqrt((variance[i] as number) + epsilon));
  const offset = Float64Array.from(shift, (each, i) => each - (mean[i] as number) * (factor[i] as number));
  return { operations: [{ kind: "scale", node, factor, offset }], input };
}

export function layerNormalization(graph: Graph, node: Node): Step {
  const [input = "", scaleName = "", biasName = ""] = node.input ?? [];
  if (![-1, 1].includes(integerAttribute(node, "axis", -1))) {
    throw refused(node, "normalizes more than the columns", "axis -1 is expected");
  }
  const scale = graph.floats(scaleName);
  const bias = biasName === "" ? null : graph.floats(biasName);
  if (!scale || bias === undefined) throw refused(node, "has a scale or bias that is no constant", INNER);
  const factor = columnsOf(node, scale);
  const offset = bias ? columnsOf(node, bias) : ZERO;
  const epsilon = floatAttribute(node, "epsilon", 1e-5);
  return {
    operations: [
      { kind: "normalize", node, epsilon },
      { kind: "scale", node, factor, offset },
    ],
    input,
  };
}
