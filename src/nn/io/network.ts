/** What the functions around files use of a network. */
import { kindOf } from "../../common/check.js";
import type { DType, FloatArray } from "../../common/dtype.js";
import type { LayerActivation } from "../activations.js";

/** A layer with its arrays. */
interface Layer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly activation: LayerActivation;
  readonly weight: FloatArray;
  readonly bias: FloatArray | null;
}

export interface Network {
  readonly dtype: DType;
  readonly layers: readonly Layer[];
}

/** An array of a network, and what it is called. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: FloatArray;
}

/** The arrays of a network, by their native names. */
export function arraysOf({ layers }: Network): NamedArray[] {
  return layers.flatMap(({ inFeatures, outFeatures, weight, bias }, i) => {
    const w = { name: `${i}.weight`, shape: [inFeatures, outFeatures], data: weight };
    return bias ? [w, { name: `${i}.bias`, shape: [outFeatures], data: bias }] : [w];
  });
}

export function checkNetwork(caller: string, net: Network): void {
  if (!Array.isArray(net?.layers)) throw new TypeError(`${caller}: net must be a Sequential, got ${kindOf(net)}`);
}
