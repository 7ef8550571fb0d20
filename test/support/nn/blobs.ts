/** A small task for training runs: points to tell apart, and a network that can. */
import { dense, Sequential } from "affine-wasm/nn";
import { randomFrom } from "../cases.js";

/** Points of three classes, each around a centre of its own. */
export function blobs(count: number, seed = 1) {
  const random = randomFrom(seed);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  const centres = [0, 2, -1, -2, 1, -2];
  const x = Float32Array.from({ length: 2 * count }, (_, i) => {
    const label = labels[i >> 1] as number;
    return (centres[2 * label + (i & 1)] as number) + 0.5 * random();
  });
  return { x, labels };
}

export const network = (seed = 1) => new Sequential(2, [dense(8, { activation: "tanh" }), dense(3)], { seed });
export const weightsOf = (net: Sequential) =>
  net.layers.flatMap(({ weight, bias }) => [...(weight ?? []), ...(bias ?? [])]);
