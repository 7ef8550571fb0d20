/** What the tests of steps by hand step: a network of all kinds of layers, and examples for it. */
import { dense, dropout, layerNorm, Sequential } from "affine-wasm/nn";
import { randomFrom } from "../cases.js";

const random = randomFrom(31);
export const floats = (length: number) => Float32Array.from({ length }, random);
export const network = (seed = 1) =>
  new Sequential(5, [dense(7, { activation: "silu" }), layerNorm({ activation: "elu" }), dropout(0.3), dense(3)], {
    seed,
  });
export const weightsOf = (net: Sequential) =>
  net.layers.map(({ weight, bias }) => [...(weight ?? []), ...(bias ?? [])]);

export const x = floats(5 * 20);
export const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 3);
