/** The dense layer of a network: what a user says of it, and what it then is. */
import { checkBoolean, checkChoice, checkCount } from "../../common/check.js";
import type { ArrayOf, DType } from "../../common/dtype.js";
import { KIND } from "../../common/own.js";
import { INITIALIZERS, type Initializer } from "../../layer/initializers.js";
import type { LayerActivation } from "../activations.js";
import { checkOptions } from "../checkOptions.js";
import type { ParameterBlock } from "../parameterBlock.js";
import { readActivation } from "../readActivation.js";
import type { DenseLayout } from "./layout.js";
import { ParametricLayer } from "./parameters.js";

export interface DenseOptions {
  /** Default "none". */
  activation?: LayerActivation | undefined;
  /** Whether there is a bias. Default true. */
  bias?: boolean | undefined;
  /** Starting values. Default "glorotUniform". */
  initializer?: Initializer | undefined;
  /** Whether training changes the layer; `net.layers[i].trainable` can be set later. Default true. */
  trainable?: boolean | undefined;
}

/** A layer that has no input yet: what `dense` returns. It cannot be changed. */
export class DenseSpec {
  readonly kind = "dense";
  readonly outFeatures: number;
  readonly activation: LayerActivation;
  readonly bias: boolean;
  readonly initializer: Initializer;
  readonly trainable: boolean;

  /** @internal Users call `dense`. */
  constructor(outFeatures: number, options: DenseOptions) {
    checkOptions("dense", options, ["activation", "bias", "initializer", "trainable"], '{ activation: "relu" }');
    const { activation = "none", bias = true, initializer = "glorotUniform", trainable = true } = options;
    checkCount("dense", "outFeatures", outFeatures);
    checkBoolean("dense", "bias", bias);
    checkChoice("dense", "initializer", initializer, INITIALIZERS);
    checkBoolean("dense", "trainable", trainable);
    this.outFeatures = outFeatures;
    this.activation = readActivation("dense", activation);
    this.bias = bias;
    this.initializer = initializer;
    this.trainable = trainable;
    Object.freeze(this);
  }

  /** @internal */
  get [KIND](): string {
    return "dense(…)";
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

/** A dense layer of a network. */
export class DenseLayer<D extends DType = DType> extends ParametricLayer<D, ArrayOf<D> | null> {
  /** @internal Users write `dense(…)`. */
  constructor(layout: DenseLayout, parameters: ParameterBlock<D>) {
    super(layout, parameters);
    Object.preventExtensions(this);
  }

  get kind(): "dense" {
    return "dense";
  }
}
