/** What a node does to the rows that pass through it, as far as networks here can do it. */
import type { FloatArray } from "../../../common/dtype.js";
import { quoted } from "../../../common/quoted.js";
import type { LayerActivation } from "../../activations.js";
import type { Graph, Node } from "./graph.js";
import { refused } from "./refusal.js";
import type { Constant } from "./tensors.js";

/** Numbers, one for each column, or one for all. */
export type Columns = FloatArray;

export const ONE = Float64Array.of(1);
export const ZERO = Float64Array.of(0);

export type Operation = { readonly node: Node } & (
  | {
      readonly kind: "product";
      readonly inFeatures: number;
      readonly outFeatures: number;
      /** W, inFeatures × outFeatures. */
      readonly weight: FloatArray;
      readonly bias: Columns | null;
    }
  /** x·factor + offset, column by column. */
  | { readonly kind: "scale"; readonly factor: Columns; readonly offset: Columns }
  | { readonly kind: "activation"; readonly activation: LayerActivation }
  /** (x - mean) / √(variance + epsilon), row by row. */
  | { readonly kind: "normalize"; readonly epsilon: number }
  /** Rows of any shape become vectors, of `features` numbers if that is known. */
  | { readonly kind: "flatten"; readonly features: number | null }
  | { readonly kind: "softmax" }
);

/** What a node does to the tensor `input`: nothing, one thing, or one after the other. */
export interface Step {
  readonly operations: readonly Operation[];
  readonly input: string;
}

/** The remedy where what comes before a node is a network that can be had. */
export const INNER = "name a tensor before it by the option output";

/** The same, with the tensors that could be named. */
export function innerOf(graph: Graph, node: Node): string {
  const names = graph.dataInputs(node).slice(0, 4).map(quoted);
  return names.length > 0 ? `${INNER}, such as ${names.join(" or ")}` : INNER;
}

/** The one input that depends on the model's inputs. */
export function dataInput(graph: Graph, node: Node): string {
  const [input, other] = graph.dataInputs(node);
  if (input === undefined) throw refused(node, "depends on no input of the model", INNER);
  if (other === undefined) return input;
  throw refused(node, other === input ? "uses its input twice" : "joins two branches", innerOf(graph, node));
}

/** A constant that is the same for every row. */
export function columnsOf(node: Node, { shape, values }: Constant): Columns {
  const sizes = shape.slice();
  while (sizes.length > 1 && sizes[0] === 1) sizes.shift();
  if (sizes.length > 1 || shape.length > 2 || values.length === 0) {
    throw refused(node, `has a constant of the shape [${shape}]`, "one number, or one for each column, is expected");
  }
  return values;
}

/** The number of column `i`, of the columns' numbers. */
export function at(columns: Columns, i: number): number {
  return columns[columns.length === 1 ? 0 : i] as number;
}
