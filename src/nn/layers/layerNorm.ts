/** Layer normalisation as a layer of a network. */
import { checkBoolean, checkFields } from "../../common/check.js";
import { checkRange } from "../../common/checkOptions.js";
import type { ArrayOf, DType } from "../../common/dtype.js";
import { KIND } from "../../common/own.js";
import type { LayerActivation } from "../activations.js";
import type { ParameterBlock } from "../parameterBlock.js";
import { readActivation } from "../readActivation.js";
import type { LayerNormLayout } from "./layout.js";
import { ParametricLayer } from "./parameters.js";

export interface LayerNormOptions {
  /** What follows it. Default "none". */
  activation?: LayerActivation | undefined;
  /** What is added to the variance, above 0. Default 1e-5, as PyTorch's; Keras has 1e-3. */
  epsilon?: number | undefined;
  /** Whether training changes its weights. Default true. */
  trainable?: boolean | undefined;
}

/** What `layerNorm` returns. It cannot be changed. */
export class LayerNormSpec {
  readonly kind = "layerNorm";
  readonly activation: LayerActivation;
  readonly epsilon: number;
  readonly trainable: boolean;

  /** @internal Users call `layerNorm`. */
  constructor(options: LayerNormOptions) {
    checkFields("layerNorm", "options", options, ["activation", "epsilon", "trainable"]);
    const { activation = "none", epsilon = 1e-5, trainable = true } = options;
    checkRange("layerNorm", "epsilon", epsilon);
    if (epsilon === 0) throw new RangeError("layerNorm: epsilon must be above 0, got 0");
    checkBoolean("layerNorm", "trainable", trainable);
    this.activation = readActivation("layerNorm", activation);
    this.epsilon = epsilon;
    this.trainable = trainable;
    Object.freeze(this);
  }

  /** @internal */
  get [KIND](): string {
    return "layerNorm(…)";
  }
}

/**
 * Layer normalisation: each row is brought to a mean of 0 and a variance of 1, then column j is scaled by `weight[j]` and
 * moved by `bias[j]`, which start at 1 and 0. `Y = act((x - mean(x)) / √(var(x) + epsilon)·weight + bias)`, row by row,
 * with the variance of the row's own values. Ba, Kiros and Hinton, 2016; as PyTorch's `LayerNorm`.
 *
 * @throws TypeError, RangeError for a bad option
 */
export function layerNorm(options: LayerNormOptions = {}): LayerNormSpec {
  return new LayerNormSpec(options);
}

/** A layer normalisation of a network. */
export class LayerNormLayer<D extends DType = DType> extends ParametricLayer<D, ArrayOf<D>> {
  readonly #layout: LayerNormLayout;

  /** @internal Users write `layerNorm(…)`. */
  constructor(layout: LayerNormLayout, parameters: ParameterBlock<D>) {
    super(layout, parameters);
    this.#layout = layout;
    Object.preventExtensions(this);
  }

  get kind(): "layerNorm" {
    return "layerNorm";
  }

  get epsilon(): number {
    return this.#layout.epsilon;
  }
}
