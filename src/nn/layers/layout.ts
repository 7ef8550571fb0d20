/** The layers of a network as the library itself sees them: their sizes, and where their parameters lie. */
import type { LayerActivation } from "../activations.js";
import type { Entry } from "../parameterBlock.js";

interface Sizes {
  readonly inFeatures: number;
  readonly outFeatures: number;
}

export interface DenseLayout extends Sizes {
  readonly kind: "dense";
  readonly activation: LayerActivation;
  readonly weight: Entry;
  readonly bias: Entry | null;
  trainable: boolean;
}

/** As many columns come out as go in. */
export interface LayerNormLayout extends Sizes {
  readonly kind: "layerNorm";
  readonly activation: LayerActivation;
  readonly epsilon: number;
  readonly weight: Entry;
  readonly bias: Entry;
  trainable: boolean;
}

export interface DropoutLayout extends Sizes {
  readonly kind: "dropout";
  readonly activation: "none";
  readonly rate: number;
  /** Which layer of the network it is, on which its masks depend. */
  readonly index: number;
  readonly weight: null;
  readonly bias: null;
  /** Of no consequence: there is nothing to train. */
  trainable: boolean;
}

export type LayerLayout = DenseLayout | LayerNormLayout | DropoutLayout;
