/** What the functions around files use of a network. */
import { kindOf } from "../../common/check.js";
import type { DType, FloatArray } from "../../common/dtype.js";
import type { LayerActivation } from "../activations.js";

interface Sizes {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly activation: LayerActivation;
  readonly trainable: boolean;
}

/** A layer with its arrays. */
export type NetworkLayer = Sizes &
  (
    | { readonly kind: "dense"; readonly weight: FloatArray; readonly bias: FloatArray | null }
    | { readonly kind: "layerNorm"; readonly weight: FloatArray; readonly bias: FloatArray; readonly epsilon: number }
    | { readonly kind: "dropout"; readonly weight: null; readonly bias: null; readonly rate: number }
  );

export interface Network {
  readonly dtype: DType;
  readonly inFeatures: number;
  readonly layers: readonly NetworkLayer[];
}

/** An array of a network, and what it is called. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: FloatArray;
}

/** The arrays of a network, by their native names. */
export function arraysOf({ layers }: Pick<Network, "layers">): NamedArray[] {
  return layers.flatMap(({ kind, inFeatures, outFeatures, weight, bias }, i) => {
    const shape = kind === "dense" ? [inFeatures, outFeatures] : [outFeatures];
    const arrays: NamedArray[] = weight ? [{ name: `${i}.weight`, shape, data: weight }] : [];
    return bias ? [...arrays, { name: `${i}.bias`, shape: [outFeatures], data: bias }] : arrays;
  });
}

export function checkNetwork(caller: string, net: Network): void {
  if (!Array.isArray(net?.layers)) throw new TypeError(`${caller}: net must be a Sequential, got ${kindOf(net)}`);
}
