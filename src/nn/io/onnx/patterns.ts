/**
 * What exporters write as several nodes where the standard had no operator, or an old operator set is asked for. Each uses
 * its input x more than once, so they are looked for before a node is taken for a branch.
 */
import { ACTIVATION_NAMES } from "../../../kernels/nn/activations.js";
import type { LayerActivation } from "../../activations.js";
import { attribute, type Graph, integerAttribute, isDefaultDomain, type Node } from "./graph.js";
import type { Step } from "./operations.js";
import { refused, TANH_GELU } from "./refusal.js";

/** How far a constant may be from the number that it is written for: float16 has 11 bits. */
const CLOSE = 1e-3;

/** The step that a node ends, if it is one of several. */
export function patternStep(graph: Graph, node: Node): Step | undefined {
  if (!isDefaultDomain(node)) return undefined;
  if (node.opType === "Mul") return silu(graph, node) ?? gelu(graph, node) ?? normalized(graph, node);
  return node.opType === "Div" ? normalized(graph, node) : undefined;
}

function producer(graph: Graph, name: string, operator: string): Node | undefined {
  const node = graph.producerOf(name);
  return node?.opType === operator && isDefaultDomain(node) ? node : undefined;
}

/** Both inputs, in this order and in the other. */
function orders({ input }: Node): [string, string][] {
  const [first = "", second = ""] = input ?? [];
  return input?.length === 2
    ? [
        [first, second],
        [second, first],
      ]
    : [];
}

/** Whether a tensor is a constant number near `value`. */
function isNumber(graph: Graph, name: string, value: number): boolean {
  const found = scalar(graph, name);
  return found !== undefined && Math.abs(found - value) <= CLOSE * value;
}

function scalar(graph: Graph, name: string): number | undefined {
  const size = graph.sizeOf(name);
  return size === 1 ? graph.floats(name)?.values[0] : undefined;
}

function activationStep(node: Node, name: string, input: string): Step | undefined {
  const isKnown = (ACTIVATION_NAMES as readonly string[]).includes(name);
  return isKnown
    ? { operations: [{ kind: "activation", node, activation: name as LayerActivation }], input }
    : undefined;
}

/** x·sigmoid(x). */
function silu(graph: Graph, node: Node): Step | undefined {
  for (const [x, gate] of orders(node)) {
    if (producer(graph, gate, "Sigmoid")?.input?.[0] === x) return activationStep(node, "silu", x);
  }
  return undefined;
}

/** ½·x·(1 + erf(x / √2)), its three factors in any order. */
function gelu(graph: Graph, node: Node): Step | undefined {
  const factors = factorsOf(graph, node, undefined);
  for (const factor of factors) {
    const sum = producer(graph, factor, "Add");
    for (const [inner, one] of sum ? orders(sum) : []) {
      if (!isNumber(graph, one, 1)) continue;
      const x = halfSquared(graph, producer(graph, inner, "Erf")?.input?.[0] ?? "");
      if (x !== undefined && isHalfOf(graph, factorsOf(graph, node, x), factor, x))
        return activationStep(node, "gelu", x);
      if (x === undefined && producer(graph, inner, "Tanh") && factors.length > 1) {
        const others = factors.filter((each) => each !== factor && !graph.isConstant(each));
        if (others.length > 0) throw refused(node, ...TANH_GELU);
      }
    }
  }
  return undefined;
}

/** The tensors that a product of products has as factors; `whole` is not taken apart. */
function factorsOf(graph: Graph, node: Node, whole: string | undefined): string[] {
  return (node.input ?? []).flatMap((name) => {
    const inner = name === whole ? undefined : producer(graph, name, "Mul");
    return inner ? (inner.input ?? []) : [name];
  });
}

/** Whether the factors are `sum`, x and ½. */
function isHalfOf(graph: Graph, factors: readonly string[], sum: string, x: string): boolean {
  const others = factors.filter((each) => each !== sum);
  const numbers = others.filter((each) => each !== x);
  return others.length === 2 && numbers.length === 1 && isNumber(graph, numbers[0] as string, 0.5);
}

/** The x of x / √2. */
function halfSquared(graph: Graph, name: string): string | undefined {
  const quotient = producer(graph, name, "Div");
  if (quotient) {
    const [x = "", root = ""] = quotient.input ?? [];
    return isNumber(graph, root, Math.SQRT2) ? x : undefined;
  }
  const product = producer(graph, name, "Mul");
  return product && orders(product).find(([, root]) => isNumber(graph, root, Math.SQRT1_2))?.[0];
}

/** (x - mean) / √(variance + epsilon), as a quotient or a product with the reciprocal. */
function normalized(graph: Graph, node: Node): Step | undefined {
  const pairs = node.opType === "Div" ? orders(node).slice(0, 1) : orders(node);
  for (const [difference, other] of pairs) {
    const x = centredOf(graph, difference);
    const root = node.opType === "Div" ? other : producer(graph, other, "Reciprocal")?.input?.[0];
    const sum = producer(graph, producer(graph, root ?? "", "Sqrt")?.input?.[0] ?? "", "Add");
    if (x === undefined || !sum) continue;
    for (const [variance, small] of orders(sum)) {
      const epsilon = scalar(graph, small);
      if (epsilon !== undefined && isVariance(graph, variance, x)) {
        return { operations: [{ kind: "normalize", node, epsilon }], input: x };
      }
    }
  }
  return undefined;
}

/** The x of x - mean(x). */
function centredOf(graph: Graph, name: string): string | undefined {
  const [x = "", mean = ""] = producer(graph, name, "Sub")?.input ?? [];
  return meanOf(graph, mean) === x && x !== "" ? x : undefined;
}

/** What a tensor is the mean of, along the columns. */
function meanOf(graph: Graph, name: string): string | undefined {
  const node = producer(graph, name, "ReduceMean");
  if (!node || integerAttribute(node, "keepdims", 1) === 0) return undefined;
  const axes = attribute(node, "axes")?.ints?.map(Number) ?? graph.integers(node.input?.[1] ?? "") ?? [];
  return axes.length === 1 && (axes[0] === -1 || axes[0] === 1) ? node.input?.[0] : undefined;
}

/** Whether a tensor is the mean of (x - mean(x))². */
function isVariance(graph: Graph, name: string, x: string): boolean {
  const square = graph.producerOf(meanOf(graph, name) ?? "");
  const [base = "", second = ""] = square?.input ?? [];
  const squares = square?.opType === "Mul" ? second === base : square?.opType === "Pow" && isNumber(graph, second, 2);
  return squares && centredOf(graph, base) === x;
}
