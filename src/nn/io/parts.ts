/** What a file of others says of a network, before there is one: its layers with their values. */
import type { ArrayOf, DType, FloatArray } from "../../common/dtype.js";
import type { LayerActivation } from "../activations.js";
import { dense } from "../layers/dense.js";
import { dropout } from "../layers/dropout.js";
import type { LayerSpec } from "../layers/index.js";
import { layerNorm } from "../layers/layerNorm.js";
import { Sequential } from "../sequential.js";

/** What a file applies to the outputs of the last layer: never part of the network, whose outputs are logits then. */
export type Head = "none" | "softmax" | "sigmoid";

export interface Imported<D extends DType> {
  readonly net: Sequential<D>;
  readonly head: Head;
}

/** A dense layer: x·W + b, then its activation. */
export interface DensePart {
  readonly kind: "dense";
  readonly outFeatures: number;
  /** W, in × outFeatures. */
  readonly weight: FloatArray;
  readonly bias: FloatArray | null;
  readonly activation: LayerActivation;
}

/** A layer normalisation, then its activation. */
export interface LayerNormPart {
  readonly kind: "layerNorm";
  readonly outFeatures: number;
  readonly weight: FloatArray;
  readonly bias: FloatArray;
  readonly epsilon: number;
  readonly activation: LayerActivation;
}

export interface DropoutPart {
  readonly kind: "dropout";
  readonly rate: number;
}

export type Part = DensePart | LayerNormPart | DropoutPart;

/**
 * The network of these parts, which fit each other.
 *
 * @throws RangeError if memory runs out; nothing is kept then
 */
export function networkOf<D extends DType>(inFeatures: number, parts: readonly Part[], dtype: D): Sequential<D> {
  const net = new Sequential(inFeatures, parts.map(specOf), { dtype, seed: 0 }) as unknown as Sequential<D>;
  for (const [i, layer] of net.layers.entries()) {
    const part = parts[i] as Part;
    if (part.kind === "dropout" || layer.kind === "dropout") continue;
    layer.weight.set(part.weight as ArrayOf<D>);
    if (part.bias) layer.bias?.set(part.bias as ArrayOf<D>);
  }
  return net;
}

function specOf(part: Part): LayerSpec {
  if (part.kind === "dropout") return dropout(part.rate);
  const { activation } = part;
  if (part.kind === "layerNorm") return layerNorm({ epsilon: part.epsilon, activation });
  return dense(part.outFeatures, { activation, bias: part.bias !== null, initializer: "zeros" });
}
