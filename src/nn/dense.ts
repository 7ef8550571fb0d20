/** The dense layer of a network: what a user says of it, and what it then is. */
import { checkBoolean, checkChoice, checkCount, checkFields } from "../common/check.js";
import type { ArrayOf, DType } from "../common/dtype.js";
import { KIND, notOwn, ownKind } from "../common/own.js";
import { INITIALIZERS, type Initializer } from "../layer/initializers.js";
import { type LayerActivation, readActivation } from "./activations.js";
import type { DenseLayout } from "./chain.js";
import { type Entry, type ParameterBlock, Part } from "./parameterBlock.js";

export interface DenseOptions {
  /** Default "none". */
  activation?: LayerActivation | undefined;
  /** Whether there is a bias. Default true. */
  bias?: boolean | undefined;
  /** Starting values. Default "glorotUniform". */
  initializer?: Initializer | undefined;
}

const SPEC = "dense(…)";

/** A layer that has no input yet: what `dense` returns. */
export class DenseSpec {
  readonly outFeatures: number;
  readonly activation: LayerActivation;
  readonly bias: boolean;
  readonly initializer: Initializer;

  /** @internal Users call `dense`. */
  constructor(outFeatures: number, options: DenseOptions) {
    checkCount("dense", "outFeatures", outFeatures);
    checkFields("dense", "options", options, ["activation", "bias", "initializer"]);
    const { activation = "none", bias = true, initializer = "glorotUniform" } = options;
    checkBoolean("dense", "bias", bias);
    checkChoice("dense", "initializer", initializer, INITIALIZERS);
    this.outFeatures = outFeatures;
    this.activation = readActivation("dense", activation);
    this.bias = bias;
    this.initializer = initializer;
  }

  /** @internal */
  get [KIND](): string {
    return SPEC;
  }
}

/**
 * A dense layer `Y = act(X·W + b)`, b added to every row, of `outFeatures` columns; `Sequential` knows how many come in.
 *
 * @throws TypeError, RangeError for a bad size or option
 */
export function dense(outFeatures: number, options: DenseOptions = {}): DenseSpec {
  return new DenseSpec(outFeatures, options);
}

/**
 * A specification to build from, read once: it may be another copy's of the package, or a proxy.
 * @throws TypeError for anything but what `dense` returns
 */
export function specOf(caller: string, name: string, value: DenseSpec): DenseSpec {
  if (ownKind(value) !== SPEC) throw notOwn(caller, name, value, DenseSpec, `a ${SPEC}`);
  const { outFeatures, activation, bias, initializer } = value;
  return new DenseSpec(outFeatures, { activation, bias, initializer });
}

/** A layer of a network. Its arrays are live views: read them again after anything was allocated. */
export class DenseLayer<D extends DType = DType> {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly activation: LayerActivation;
  readonly hasBias: boolean;
  readonly #parameters: ParameterBlock<D>;
  readonly #weightEntry: Entry;
  readonly #biasEntry: Entry | null;
  readonly #weight: Part<D>;
  readonly #bias: Part<D> | null;
  #dWeight: Part<D> | null = null;
  #dBias: Part<D> | null = null;

  /** @internal Users write `dense(…)`. */
  constructor({ inFeatures, outFeatures, activation, weight, bias }: DenseLayout, parameters: ParameterBlock<D>) {
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.activation = activation;
    this.hasBias = bias !== null;
    this.#parameters = parameters;
    this.#weightEntry = weight;
    this.#biasEntry = bias;
    this.#weight = new Part(parameters.values, weight);
    this.#bias = bias && new Part(parameters.values, bias);
  }

  /** W, inFeatures × outFeatures, row-major. */
  get weight(): ArrayOf<D> {
    DenseLayer.#checkUsable(this, "weight");
    return this.#weight.data;
  }

  /** b, outFeatures values; null without a bias. */
  get bias(): ArrayOf<D> | null {
    DenseLayer.#checkUsable(this, "bias");
    return this.#bias?.data ?? null;
  }

  /** The gradient of the loss with respect to W in the last step; zeros before. */
  get dWeight(): ArrayOf<D> {
    DenseLayer.#checkUsable(this, "dWeight");
    this.#dWeight ??= new Part(this.#parameters.gradientsFor("dWeight"), this.#weightEntry);
    return this.#dWeight.data;
  }

  /** The gradient with respect to b; null without a bias. */
  get dBias(): ArrayOf<D> | null {
    DenseLayer.#checkUsable(this, "dBias");
    if (!this.#biasEntry) return null;
    this.#dBias ??= new Part(this.#parameters.gradientsFor("dBias"), this.#biasEntry);
    return this.#dBias.data;
  }

  /** @internal The parameters for the library itself, which keeps no view: they do not count as read. */
  peek(): { weight: ArrayOf<D>; bias: ArrayOf<D> | null } {
    return { weight: this.#weight.peek(), bias: this.#bias?.peek() ?? null };
  }

  /** @internal */
  get [KIND](): string {
    return "DenseLayer";
  }

  /** @internal Vue leaves it as it is. */
  get __v_skip(): boolean {
    return true;
  }

  static #checkUsable(layer: object, caller: string): void {
    if (!(#parameters in layer)) throw notOwn(caller, "the layer", layer, DenseLayer, "a layer of a network");
    if (layer.#parameters.disposed) throw new ReferenceError(`${caller}: the network is used after dispose()`);
  }
}
