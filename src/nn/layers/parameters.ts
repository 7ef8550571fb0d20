/** What the layers that have parameters have in common. */
import { checkBoolean } from "../../common/check.js";
import type { ArrayOf, DType } from "../../common/dtype.js";
import { KIND, notOwn } from "../../common/own.js";
import type { LayerActivation } from "../activations.js";
import { type ParameterBlock, Part } from "../parameterBlock.js";
import type { DenseLayout, LayerNormLayout } from "./layout.js";

/**
 * A layer of a network with weights. Its arrays are live views: read them again after anything was allocated. A property
 * that it does not have cannot be set.
 */
export abstract class ParametricLayer<D extends DType, Bias extends ArrayOf<D> | null> {
  readonly #layout: DenseLayout | LayerNormLayout;
  readonly #parameters: ParameterBlock<D>;
  readonly #weight: Part<D>;
  readonly #bias: Part<D> | null;
  #dWeight: Part<D> | null = null;
  #dBias: Part<D> | null = null;

  /** @internal */
  constructor(layout: DenseLayout | LayerNormLayout, parameters: ParameterBlock<D>) {
    this.#layout = layout;
    this.#parameters = parameters;
    this.#weight = new Part(parameters.values, layout.weight);
    this.#bias = layout.bias && new Part(parameters.values, layout.bias);
  }

  get inFeatures(): number {
    return this.#layout.inFeatures;
  }

  get outFeatures(): number {
    return this.#layout.outFeatures;
  }

  get activation(): LayerActivation {
    return this.#layout.activation;
  }

  get hasBias(): boolean {
    return this.#bias !== null;
  }

  /**
   * Whether training changes the parameters. Those of a layer that is not trained keep their bits, and no gradient is
   * computed for them: `dWeight` and `dBias` stay as they are. May be set at any time.
   */
  get trainable(): boolean {
    return this.#layout.trainable;
  }

  set trainable(trainable: boolean) {
    checkBoolean("trainable", "trainable", trainable);
    this.#parameters.setTrainable(this.#layout, trainable);
  }

  /** The weights, row-major: W of a dense layer, inFeatures × outFeatures; one for each column of a layer norm. */
  get weight(): ArrayOf<D> {
    ParametricLayer.#checkUsable(this, "weight");
    return this.#weight.data;
  }

  /** b, outFeatures values; null for a dense layer without one. */
  get bias(): Bias {
    ParametricLayer.#checkUsable(this, "bias");
    return (this.#bias?.data ?? null) as Bias;
  }

  /** The gradient of the loss with respect to `weight` in the last step or `backward`; zeros before. */
  get dWeight(): ArrayOf<D> {
    ParametricLayer.#checkUsable(this, "dWeight");
    this.#dWeight ??= new Part(this.#parameters.gradientsFor("dWeight"), this.#layout.weight);
    this.#parameters.hasGradients = true;
    return this.#dWeight.data;
  }

  /** The gradient with respect to `bias`; null without one. */
  get dBias(): Bias {
    ParametricLayer.#checkUsable(this, "dBias");
    const { bias } = this.#layout;
    if (bias) this.#dBias ??= new Part(this.#parameters.gradientsFor("dBias"), bias);
    if (bias) this.#parameters.hasGradients = true;
    return (this.#dBias?.data ?? null) as Bias;
  }

  /** @internal The parameters for the library itself, which keeps no view: they do not count as read. */
  peek(): { weight: ArrayOf<D>; bias: ArrayOf<D> | null } {
    return { weight: this.#weight.peek(), bias: this.#bias?.peek() ?? null };
  }

  /** @internal Where its parameters lie. */
  get block(): ParameterBlock<D> {
    return this.#parameters;
  }

  /** @internal */
  get [KIND](): string {
    return "Layer";
  }

  /** @internal Vue leaves it as it is. */
  get __v_skip(): boolean {
    return true;
  }

  static #checkUsable(layer: object, caller: string): void {
    if (!(#parameters in layer)) throw notOwn(caller, "the layer", layer, ParametricLayer, "a layer of a network");
    layer.#parameters.checkUsable(caller);
  }
}
