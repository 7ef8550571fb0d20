/** Dropout as a layer of a network. */
import { checkBoolean } from "../../common/check.js";
import { checkRange } from "../../common/checkOptions.js";
import { KIND } from "../../common/own.js";
import type { DropoutLayout } from "./layout.js";

/** What `dropout` returns. It cannot be changed. */
export class DropoutSpec {
  readonly kind = "dropout";
  readonly rate: number;

  /** @internal Users call `dropout`. */
  constructor(rate: number) {
    checkRange("dropout", "rate", rate, 0, 1);
    this.rate = rate;
    Object.freeze(this);
  }

  /** @internal */
  get [KIND](): string {
    return "dropout(…)";
  }
}

/**
 * Dropout: in training, each value is set to 0 with the probability `rate` and divided by `1 - rate` otherwise, so that its
 * mean stays; in `predict` and `evaluate` nothing happens. Srivastava et al., JMLR 15 (2014); as PyTorch's `Dropout`.
 *
 * Which values are dropped depends on the seed of the network, the layer, the column, and on how many rows the network was
 * trained on before: in whatever batches, the same rows have the same masks. What is dropped is 0 whatever it was, NaN too.
 *
 * @param rate the part that is dropped, at least 0 and below 1
 * @throws TypeError, RangeError for a bad rate
 */
export function dropout(rate: number): DropoutSpec {
  return new DropoutSpec(rate);
}

/** A dropout of a network. It has no arrays. */
export class DropoutLayer {
  readonly #layout: DropoutLayout;

  /** @internal Users write `dropout(…)`. */
  constructor(layout: DropoutLayout) {
    this.#layout = layout;
    Object.preventExtensions(this);
  }

  get kind(): "dropout" {
    return "dropout";
  }

  get rate(): number {
    return this.#layout.rate;
  }

  get inFeatures(): number {
    return this.#layout.inFeatures;
  }

  get outFeatures(): number {
    return this.#layout.outFeatures;
  }

  get activation(): "none" {
    return "none";
  }

  get hasBias(): false {
    return false;
  }

  /** Of no consequence, as there is nothing to train: there so that all layers can be set alike. */
  get trainable(): boolean {
    return this.#layout.trainable;
  }

  set trainable(trainable: boolean) {
    checkBoolean("trainable", "trainable", trainable);
    this.#layout.trainable = trainable;
  }

  get weight(): null {
    return null;
  }

  get bias(): null {
    return null;
  }

  get dWeight(): null {
    return null;
  }

  get dBias(): null {
    return null;
  }

  /** @internal Vue leaves it as it is. */
  get __v_skip(): boolean {
    return true;
  }
}
