/** From an output of the model back to its input: the operations in between, in the order in which they are done. */
import { quoted } from "../../../common/quoted.js";
import type { Graph } from "./graph.js";
import type { Operation } from "./operations.js";
import { stepOf } from "./operators.js";
import { patternStep } from "./patterns.js";
import { refusal } from "./refusal.js";

export interface Path {
  /** The input of the model that the output depends on. */
  readonly input: string;
  readonly operations: readonly Operation[];
}

/** The path to a tensor. */
export function pathTo(graph: Graph, tensor: string): Path {
  const steps: (readonly Operation[])[] = [];
  const seen = new Set<string>();
  let at = tensor;
  while (!graph.isInput(at)) {
    if (seen.has(at)) throw refusal(`tensor ${quoted(at)} depends on itself`);
    seen.add(at);
    const node = graph.producerOf(at);
    if (!node) {
      if (graph.isConstant(at)) throw refusal(`tensor ${quoted(tensor)} depends on no input of the model`);
      throw refusal(`the model has no tensor ${quoted(at)}; it computes ${graph.tensorNames || "none"}`);
    }
    const { operations, input } = patternStep(graph, node) ?? stepOf(graph, node);
    steps.push(operations);
    at = input;
  }
  return { input: at, operations: steps.reverse().flat() };
}

/** The output that a network is made of if nobody names one: the first of floats that is more than an input. */
export function defaultOutput(graph: Graph): string {
  for (const { name, type } of graph.outputs) {
    if (!name || graph.isConstant(name)) continue;
    const element = type?.tensorType?.elemType;
    // 1, 10, 11: FLOAT, FLOAT16, DOUBLE. What ZipMap makes of probabilities is no tensor.
    if (element && ![1, 10, 11].includes(element)) continue;
    if (!isPassedOn(graph, name)) return name;
  }
  throw refusal(
    `the model has no output of floats (outputs: ${graph.outputs.map(({ name }) => quoted(name ?? "")).slice(0, 10)}); ` +
      `name a tensor by the option output, of ${graph.tensorNames || "none"}`,
  );
}

/** Whether a tensor is an input of the model as it came in. */
function isPassedOn(graph: Graph, name: string): boolean {
  for (let step = 0; step < 8 && !graph.isInput(name); step++) {
    const node = graph.producerOf(name);
    if (node?.opType !== "Identity") return false;
    name = node.input?.[0] ?? "";
  }
  return true;
}
