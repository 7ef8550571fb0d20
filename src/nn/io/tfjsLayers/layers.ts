/** The layers of a layers model as layers here. */
import { quoted } from "../../../common/quoted.js";
import { isPlainObject } from "../../../common/records.js";
import type { LayerActivation } from "../../activations.js";
import type { Head, Part } from "../parts.js";
import { refusal } from "./refusal.js";
import type { LayerConfig } from "./topology.js";
import type { Weight, Weights } from "./weights.js";

/** Keras's names of activations. */
const ACTIVATIONS: ReadonlyMap<unknown, LayerActivation> = new Map<unknown, LayerActivation>([
  ["linear", "none"],
  ["relu", "relu"],
  ["sigmoid", "sigmoid"],
  ["tanh", "tanh"],
  ["gelu", "gelu"],
  ["elu", "elu"],
  ["silu", "silu"],
  ["swish", "silu"],
]);

type Reader = (assembly: Assembly, layer: LayerConfig) => void;

/** What each class of layers adds. */
const CLASSES: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["InputLayer", () => {}],
  ["Dense", (assembly, layer) => assembly.dense(layer)],
  ["LayerNormalization", (assembly, layer) => assembly.layerNorm(layer)],
  ["Dropout", (assembly, layer) => assembly.dropout(layer)],
  ["Flatten", (assembly) => assembly.flatten()],
  ["Activation", (assembly, layer) => assembly.activation(layer, layer.config.activation)],
]);

export class Assembly {
  readonly parts: Part[] = [];
  head: Head = "none";
  inFeatures: number | null = null;
  readonly #weights: Weights;
  /** The sizes of what comes out so far, without that of the batch; null where the file does not say. */
  #shape: readonly number[] | null = null;

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  /** @throws RangeError, naming a layer that is not taken */
  run(layers: readonly LayerConfig[]): void {
    for (const layer of layers) {
      const read = CLASSES.get(layer.className);
      if (!read) throw refused(layer, `is not taken; there are ${[...CLASSES.keys()].join(", ")}`);
      if (this.head !== "none" && layer.className !== "InputLayer")
        throw refused(layer, `follows a final ${this.head}`);
      this.#shape ??= inputShape(layer);
      read(this, layer);
    }
    const last = this.parts.at(-1);
    if (!last) throw refusal("the model has no layer with weights");
    // A final sigmoid is that of the head.
    if (last.kind !== "dropout" && last.activation === "sigmoid") {
      this.parts[this.parts.length - 1] = { ...last, activation: "none" };
      this.head = "sigmoid";
    }
  }

  dense(layer: LayerConfig): void {
    const { units, use_bias: useBias = true, activation } = layer.config;
    const kernel = this.#weight(layer, "kernel", 2);
    const [inFeatures, outFeatures] = kernel.shape as [number, number];
    if (outFeatures !== units || inFeatures === 0 || outFeatures === 0) {
      throw refused(layer, `has a kernel [${kernel.shape}] for ${String(units)} units`);
    }
    this.#expectColumns(layer, inFeatures);
    const bias = useBias === false ? null : this.#vector(layer, "bias", outFeatures);
    this.#shape = [outFeatures];
    this.#push(layer, { kind: "dense", outFeatures, weight: kernel.values(), bias, activation: "none" }, inFeatures);
    this.activation(layer, activation ?? "linear");
  }

  layerNorm(layer: LayerConfig): void {
    const { axis = -1, epsilon = 1e-3, center = true, scale = true } = layer.config;
    if (![-1, 1].includes(Number(axis))) throw refused(layer, "normalizes along another axis than the last");
    if (typeof epsilon !== "number" || !(epsilon > 0)) throw refused(layer, "has no positive epsilon");
    const columns = this.#columns(layer);
    const weight = scale === false ? new Float32Array(columns).fill(1) : this.#vector(layer, "gamma", columns);
    const bias = center === false ? new Float32Array(columns) : this.#vector(layer, "beta", columns);
    this.#push(layer, { kind: "layerNorm", outFeatures: columns, weight, bias, epsilon, activation: "none" }, columns);
  }

  dropout(layer: LayerConfig): void {
    const { rate } = layer.config;
    if (typeof rate !== "number" || !(rate >= 0 && rate < 1)) throw refused(layer, "has no rate from 0 to below 1");
    // Before a layer that tells how many columns there are, it could not be placed, and would only matter in training.
    if (this.parts.length > 0) this.parts.push({ kind: "dropout", rate });
  }

  flatten(): void {
    if (this.#shape) this.#shape = [this.#shape.reduce((product, size) => product * size, 1)];
  }

  /** What follows the last layer. */
  activation(layer: LayerConfig, given: unknown): void {
    const name = isPlainObject(given) ? (given.config ?? given.class_name) : given;
    const before = this.parts.at(-1);
    if (name === "softmax") {
      if (!before) throw refused(layer, "follows no layer");
      if (before.kind !== "dropout" && before.activation !== "none") throw refused(layer, "follows another activation");
      this.head = "softmax";
      return;
    }
    const activation = ACTIVATIONS.get(name);
    if (activation === undefined) {
      throw refused(
        layer,
        `has the activation ${quoted(String(name))}; there are ${[...ACTIVATIONS.keys()].join(", ")}, and a final softmax`,
      );
    }
    if (activation === "none") return;
    if (!before || before.kind === "dropout")
      throw refused(layer, "is an activation that follows no layer with weights");
    if (before.activation !== "none") throw refused(layer, "follows another activation");
    this.parts[this.parts.length - 1] = { ...before, activation };
  }

  #push(layer: LayerConfig, part: Part, inFeatures: number): void {
    if (layer.className === "Dense" || layer.className === "LayerNormalization") this.inFeatures ??= inFeatures;
    this.parts.push(part);
  }

  #columns(layer: LayerConfig): number {
    const shape = this.#shape;
    const [columns] = shape ?? [];
    if (shape?.length !== 1 || columns === undefined) throw refused(layer, "is no layer of rows of known length");
    return columns;
  }

  #expectColumns(layer: LayerConfig, columns: number): void {
    const shape = this.#shape;
    if (shape === null) return;
    if (shape.length !== 1) throw refused(layer, `comes upon the shape [${shape}]; Flatten must come before`);
    if (shape[0] !== columns) throw refused(layer, `has ${columns} inputs, but ${shape[0]} come in`);
  }

  #vector(layer: LayerConfig, variable: string, length: number): Float32Array {
    const weight = this.#weight(layer, variable, 1);
    if (weight.shape[0] !== length)
      throw refused(layer, `has ${weight.shape[0]} values of ${quoted(variable)}, not ${length}`);
    return weight.values();
  }

  #weight(layer: LayerConfig, variable: string, rank: number): Weight {
    const weight = this.#weights.find(layer.name, variable);
    if (!weight) throw refused(layer, `has no weight ${quoted(variable)} in the manifest`);
    if (weight.shape.length !== rank) throw refused(layer, `has ${quoted(variable)} of the shape [${weight.shape}]`);
    return weight;
  }
}

function refused({ name, className }: LayerConfig, why: string): RangeError {
  return refusal(`layer ${quoted(name)} (${quoted(className).slice(1, -1)}) ${why}`);
}

/** The shape that a layer says the inputs have, without the batch. */
function inputShape({ config }: LayerConfig): readonly number[] | null {
  const shape = config.batch_input_shape ?? config.batch_shape;
  if (!Array.isArray(shape) || shape.length < 2) return null;
  const sizes = shape.slice(1);
  return sizes.every((size) => Number.isSafeInteger(size) && size > 0) ? sizes : null;
}
