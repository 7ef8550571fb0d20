/** The graph of a model: who computes a tensor, and which tensors are constants. */
import protobuf, { type onnx } from "onnx-proto";
import { listed, quoted } from "../../../common/quoted.js";
import { refusal, refused } from "./refusal.js";
import { type Constant, type ExternalData, readFloats, readIntegers, transposed } from "./tensors.js";

const { ModelProto } = protobuf.onnx;

export type Node = onnx.INodeProto;

/** A tensor that no input changes, and what is done to it before it is used. */
interface ConstantSource {
  readonly tensor: onnx.ITensorProto;
  readonly transpose: boolean;
}

/**
 * What may be read of a model beyond one number for each of its bytes: more, only a file reads that uses the same weights
 * again and again to become a network many times its size.
 */
const LEAST_BUDGET = 2 ** 18;

/** Nodes between a constant and where it is used. */
const MOST_STEPS = 16;

/** Operators that give a constant on as it is, for what is taken here. */
const TRANSPARENT = ["Identity", "Cast", "Transpose"];

export class Graph {
  /** The version of the default operator set. */
  readonly opset: number;
  readonly outputs: readonly onnx.IValueInfoProto[];
  readonly #external: ExternalData;
  readonly #producers = new Map<string, Node>();
  readonly #initializers = new Map<string, onnx.ITensorProto>();
  readonly #inputs = new Map<string, onnx.IValueInfoProto>();

  /** Numbers that may still be read or folded. */
  #budget: number;

  constructor(bytes: Uint8Array, external: ExternalData) {
    const model = decode(bytes);
    this.#budget = [bytes, ...external.values()].reduce((sum, { length }) => sum + length, LEAST_BUDGET);
    const graph = model.graph;
    if (!graph) throw refusal(`no ONNX model: ${bytes.length} bytes without a graph`);
    this.#external = external;
    this.opset = opsetOf(model);
    this.outputs = graph.output ?? [];
    for (const tensor of graph.initializer ?? []) this.#initializers.set(tensor.name ?? "", tensor);
    for (const input of graph.input ?? []) {
      // Before version 4 of the format, every initializer is listed as an input, too.
      if (!this.#initializers.has(input.name ?? "")) this.#inputs.set(input.name ?? "", input);
    }
    for (const node of graph.node ?? []) {
      for (const output of node.output ?? []) {
        if (output === "") continue;
        if (this.#producers.has(output) || this.#inputs.has(output)) {
          throw refused(node, `writes ${quoted(output)}, which is there already`, "the file is broken");
        }
        this.#producers.set(output, node);
      }
    }
  }

  /** The node that computes a tensor; undefined for an input, an initializer or no tensor at all. */
  producerOf(name: string): Node | undefined {
    return this.#producers.get(name);
  }

  isInput(name: string): boolean {
    return this.#inputs.has(name);
  }

  /** The names of tensors that nodes compute, for a message. */
  get tensorNames(): string {
    return listed([...this.#producers.keys()].reverse());
  }

  /** How many values the declared shape of an input has in each row; null if it does not say. */
  rowLength(input: string): number | null {
    const dims = this.#inputs.get(input)?.type?.tensorType?.shape?.dim;
    if (!dims || dims.length === 0) return null;
    const sizes = dims.slice(1).map(({ dimValue }) => Number(dimValue ?? 0));
    return sizes.every((size) => size > 0) ? sizes.reduce((product, size) => product * size, 1) : null;
  }

  /** @throws RangeError if more is read than a file of this size can want */
  spend(numbers: number): void {
    this.#budget -= numbers;
    if (this.#budget < 0) throw refusal("the model uses the same weights too often for a file of its size");
  }

  /** Whether a tensor depends on no input. */
  isConstant(name: string): boolean {
    return this.#sourceOf(name) !== undefined;
  }

  /** The inputs of a node that depend on inputs of the model. */
  dataInputs(node: Node): string[] {
    return (node.input ?? []).filter((name) => name !== "" && !this.isConstant(name));
  }

  /** The floats of a constant; undefined for a tensor that is none. */
  floats(name: string): Constant | undefined {
    const source = this.#sourceOf(name);
    if (!source) return undefined;
    const constant = readFloats(source.tensor, this.#external);
    this.spend(constant.values.length);
    if (!source.transpose) return constant;
    const [rows = 0, columns = 0, ...more] = constant.shape;
    if (more.length > 0 || constant.shape.length < 2) return constant;
    return { shape: [columns, rows], values: transposed(constant.values, rows, columns) };
  }

  /** The integers of a constant; undefined for a tensor that is none. */
  integers(name: string): number[] | undefined {
    const source = this.#sourceOf(name);
    return source && readIntegers(source.tensor, this.#external);
  }

  /** How many numbers a constant holds; undefined for a tensor that is none. */
  sizeOf(name: string): number | undefined {
    const source = this.#sourceOf(name);
    return source?.tensor.dims?.reduce<number>((product, size) => product * Number(size), 1);
  }

  /** What a constant that is true or false says; undefined for any other tensor. */
  truth(name: string): boolean | undefined {
    const tensor = this.#sourceOf(name)?.tensor;
    const value = tensor?.rawData?.[0] ?? tensor?.int32Data?.[0];
    return value === undefined ? undefined : value !== 0;
  }

  #sourceOf(name: string): ConstantSource | undefined {
    let transpose = false;
    for (let step = 0; step < MOST_STEPS; step++) {
      const initializer = this.#initializers.get(name);
      if (initializer) return { tensor: initializer, transpose };
      const node = this.#producers.get(name);
      if (!node) return undefined;
      if (node.opType === "Constant") return { tensor: constantOf(node), transpose };
      if (!TRANSPARENT.includes(node.opType ?? "") || !isDefaultDomain(node)) return undefined;
      if (node.opType === "Transpose" && turns(node)) transpose = !transpose;
      name = node.input?.[0] ?? "";
    }
    return undefined;
  }
}

/** Whether a node is of the operators that ONNX itself defines. */
export function isDefaultDomain({ domain }: Node): boolean {
  return !domain || domain === "ai.onnx";
}

/** The attribute of a node by its name. */
export function attribute(node: Node, name: string): onnx.IAttributeProto | undefined {
  return node.attribute?.find((each) => each.name === name);
}

export function floatAttribute(node: Node, name: string, without: number): number {
  return attribute(node, name)?.f ?? without;
}

export function integerAttribute(node: Node, name: string, without: number): number {
  const found = attribute(node, name);
  return found ? Number(found.i ?? 0) : without;
}

export function textAttribute(node: Node, name: string): string {
  return String.fromCharCode(...(attribute(node, name)?.s ?? []).slice(0, 64));
}

/** Whether a Transpose, of a matrix, does anything. */
function turns(node: Node): boolean {
  const order = attribute(node, "perm")?.ints?.map(Number);
  return !order || order.length === 0 || order[0] !== 0;
}

/** What a Constant node holds, in whichever attribute. */
function constantOf(node: Node): onnx.ITensorProto {
  const tensor = attribute(node, "value")?.t;
  const name = node.output?.[0] ?? "";
  if (tensor) return { ...tensorFields(tensor), name };
  const float = attribute(node, "value_float");
  if (float) return { name, dataType: 1, dims: [], floatData: [float.f ?? 0] };
  const floats = attribute(node, "value_floats")?.floats;
  if (floats) return { name, dataType: 1, dims: [floats.length], floatData: floats };
  const integer = attribute(node, "value_int");
  if (integer) return { name, dataType: 7, dims: [], int64Data: [integer.i ?? 0] };
  const integers = attribute(node, "value_ints")?.ints;
  if (integers) return { name, dataType: 7, dims: [integers.length], int64Data: integers };
  throw refused(node, "holds no numbers", "a tensor, floats or integers are taken");
}

/** The fields of a decoded tensor that are read here: those that the file leaves out lie on its prototype. */
function tensorFields(tensor: onnx.ITensorProto): onnx.ITensorProto {
  const { dataType, dims, rawData, floatData, doubleData, int32Data, int64Data, dataLocation, externalData } = tensor;
  return { dataType, dims, rawData, floatData, doubleData, int32Data, int64Data, dataLocation, externalData } as never;
}

function decode(bytes: Uint8Array): onnx.ModelProto {
  try {
    return ModelProto.decode(bytes);
  } catch (error) {
    throw refusal(`no ONNX model: ${bytes.length} bytes that are no protocol buffer (${(error as Error).message})`);
  }
}

function opsetOf({ opsetImport }: onnx.IModelProto): number {
  const version = Number(opsetImport?.find(({ domain }) => !domain || domain === "ai.onnx")?.version ?? 0);
  if (!(version >= 6)) throw refusal(`the model has operator set ${version}; 6 and newer ones are taken: convert it`);
  return version;
}
