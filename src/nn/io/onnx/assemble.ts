/** Layers out of operations: what only scales or shifts is folded into the weights beside it. */
import { ARRAYS, type DType, type FloatArray } from "../../../common/dtype.js";
import type { DensePart, Head, LayerNormPart } from "../parts.js";
import type { Graph } from "./graph.js";
import { at, type Columns, INNER, ONE, type Operation, ZERO } from "./operations.js";
import { refusal, refused } from "./refusal.js";

type Of<K extends Operation["kind"]> = Extract<Operation, { readonly kind: K }>;

/** A layer that an operation after it may change. */
type OpenPart = DensePart | LayerNormPart;

export class Assembly {
  readonly parts: OpenPart[] = [];
  /** Columns of the input; 0 before there is a layer. */
  inFeatures = 0;
  head: Head = "none";
  readonly #graph: Graph;
  readonly #dtype: DType;
  /** Scales and shifts of what comes out so far, for the next product to take up; null for none. */
  #pending: Of<"scale"> | null = null;
  /** Columns of what comes out so far, as far as it is known. */
  #columns: number | null;

  /** @param columns values of a row of the input, if the model says */
  constructor(graph: Graph, dtype: DType, columns: number | null) {
    this.#graph = graph;
    this.#dtype = dtype;
    this.#columns = columns;
  }

  /** @throws RangeError, naming the node of what fits nowhere */
  run(operations: readonly Operation[]): void {
    const last = operations.at(-1);
    for (const operation of operations) {
      if (this.head !== "none") throw refused(operation.node, `follows a ${this.head}`, INNER);
      if (operation.kind === "softmax" && operation !== last) {
        throw refused(operation.node, "is inside of the network", "only a final one is taken: it is named as head");
      }
      this.#add(operation, operation === last);
    }
    if (this.#pending) {
      throw refused(this.#pending.node, "scales or shifts what no layer takes up", `scale outputs yourself; ${INNER}`);
    }
    if (this.parts.length === 0) throw refusal("there is no layer between input and output");
  }

  #add(operation: Operation, isLast: boolean): void {
    if (operation.kind === "product") this.#product(operation);
    else if (operation.kind === "scale") this.#scale(operation);
    else if (operation.kind === "activation") this.#activation(operation, isLast);
    else if (operation.kind === "normalize") this.#normalize(operation);
    else if (operation.kind === "flatten") this.#flatten(operation);
    else {
      this.#openLayer(operation);
      this.head = "softmax";
    }
  }

  #product({ node, inFeatures, outFeatures, weight, bias }: Of<"product">): void {
    this.#expectColumns(node, inFeatures);
    if (bias && bias.length !== 1 && bias.length !== outFeatures) {
      throw refused(node, `has ${bias.length} biases for ${outFeatures} columns`, "as many are expected");
    }
    const values = new ARRAYS[this.#dtype](weight.length);
    let biases = bias && this.#floats(outFeatures, (j) => at(bias, j));
    const { factor, offset } = this.#pending ?? { factor: ONE, offset: ZERO };
    // (x·f + o)·W + b = x·(f·W) + (o·W + b)
    for (let p = 0; p < inFeatures; p++) {
      const scale = at(factor, p);
      for (let j = 0; j < outFeatures; j++) {
        values[p * outFeatures + j] = scale * (weight[p * outFeatures + j] as number);
      }
    }
    if (offset.some((each) => each !== 0)) {
      const sums = new Float64Array(outFeatures);
      for (let p = 0; p < inFeatures; p++) {
        for (let j = 0; j < outFeatures; j++) {
          sums[j] = (sums[j] as number) + at(offset, p) * (weight[p * outFeatures + j] as number);
        }
      }
      biases = this.#floats(outFeatures, (j) => (sums[j] as number) + (bias ? at(bias, j) : 0));
    }
    this.#pending = null;
    this.#columns = outFeatures;
    this.#push({ kind: "dense", outFeatures, weight: values, bias: biases, activation: "none" }, inFeatures);
  }

  #scale(operation: Of<"scale">): void {
    const { node, factor, offset } = operation;
    const length = Math.max(factor.length, offset.length);
    if (length > 1) this.#expectColumns(node, length);
    const before = this.parts.at(-1);
    if (before?.activation === "none" && !this.#pending) {
      this.parts[this.parts.length - 1] = this.#scaled(before, factor, offset);
      return;
    }
    const first = this.#pending ?? { factor: ONE, offset: ZERO };
    const both = Math.max(length, first.factor.length, first.offset.length);
    // (x·f + o)·g + p = x·(f·g) + (o·g + p)
    this.#pending = {
      kind: "scale",
      node,
      factor: Float64Array.from({ length: both }, (_, i) => at(first.factor, i) * at(factor, i)),
      offset: Float64Array.from({ length: both }, (_, i) => at(first.offset, i) * at(factor, i) + at(offset, i)),
    };
  }

  #push(part: OpenPart, inFeatures: number): void {
    if (this.parts.length === 0) this.inFeatures = inFeatures;
    this.parts.push(part);
  }

  /** A layer whose outputs are scaled and shifted. */
  #scaled(part: OpenPart, factor: Columns, offset: Columns): OpenPart {
    const { weight, bias, outFeatures } = part;
    this.#graph.spend(weight.length);
    const scaled = factor.some((each) => each !== 1)
      ? (weight.map((each, i) => each * at(factor, i % outFeatures)) as FloatArray)
      : weight;
    if (!bias && offset.every((each) => each === 0)) return { ...part, weight: scaled } as OpenPart;
    const biases = this.#floats(outFeatures, (j) => (bias?.[j] ?? 0) * at(factor, j) + at(offset, j));
    return { ...part, weight: scaled, bias: biases } as OpenPart;
  }

  #activation(operation: Of<"activation">, isLast: boolean): void {
    const part = this.#openLayer(operation);
    if (operation.activation === "sigmoid" && isLast) this.head = "sigmoid";
    else this.parts[this.parts.length - 1] = { ...part, activation: operation.activation };
  }

  /** A layer normalisation without weights: a scale that follows becomes them. */
  #normalize({ node, epsilon }: Of<"normalize">): void {
    const columns = this.#columns;
    if (columns === null) throw refused(node, "normalizes rows of unknown length", "declare the shape of the input");
    if (this.#pending) throw refused(this.#pending.node, "scales or shifts what is normalized then", INNER);
    if (!(epsilon > 0)) throw refused(node, `has the epsilon ${epsilon}`, "a positive one is expected");
    const weight = this.#floats(columns, () => 1);
    const bias = this.#floats(columns, () => 0);
    this.#push({ kind: "layerNorm", outFeatures: columns, weight, bias, epsilon, activation: "none" }, columns);
  }

  #flatten({ node, features }: Of<"flatten">): void {
    if (features !== null) this.#expectColumns(node, features);
  }

  /** The layer that has just ended, for what follows a layer. */
  #openLayer({ node }: Operation): OpenPart {
    const part = this.parts.at(-1);
    if (!part || this.#pending) throw refused(node, "follows no layer", INNER);
    if (part.activation !== "none") throw refused(node, "follows another activation", INNER);
    return part;
  }

  #expectColumns(node: Operation["node"], columns: number): void {
    if (this.#columns !== null && this.#columns !== columns) {
      throw refused(node, `has ${columns} columns, where ${this.#columns} come in`, "the file is broken");
    }
    this.#columns = columns;
  }

  #floats(length: number, value: (i: number) => number): FloatArray {
    const floats = new ARRAYS[this.#dtype](length);
    for (let i = 0; i < length; i++) floats[i] = value(i);
    return floats;
  }
}
