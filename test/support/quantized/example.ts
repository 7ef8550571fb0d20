/** A network to quantize, and random inputs. */
import { dense, Sequential } from "affine-wasm/nn";
import { randomFrom } from "../cases.js";

export const randoms = (length: number, seed = 1) => {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => random());
};

/** A network of some size, and rows for it. */
export function example(seed = 1) {
  const net = new Sequential(
    20,
    [
      dense(33, { activation: "relu" }),
      dense(17, { activation: "tanh", bias: false }),
      dense(9, { activation: { leakyRelu: 0.1 } }),
      dense(5),
    ],
    { seed },
  );
  net.layers[0]?.bias?.set(randoms(33, seed + 1));
  net.layers[3]?.bias?.set(randoms(5, seed + 2));
  return net;
}
