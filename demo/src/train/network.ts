/** The network that the page trains: two dense layers. */
import { dense, Sequential } from "affine-wasm/nn";
import type { Weights } from "./messages.ts";

export const PIXELS = 28 * 28;
export const CLASSES = 10;

export function createNetwork(hidden: number): Sequential {
  return new Sequential(PIXELS, [
    // Small starting values: what is learnt soon stands out from the noise.
    dense(hidden, { activation: "relu", initializer: "torchUniform" }),
    dense(CLASSES),
  ]);
}

/** Takes over what was learnt by a network of as many hidden units. */
export function setWeights(network: Sequential, { layers }: Weights): void {
  for (const [i, { weight, bias }] of layers.entries()) {
    network.layers[i]?.weight?.set(weight);
    network.layers[i]?.bias?.set(bias);
  }
}
