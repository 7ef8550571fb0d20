/** What every host does with the library: a layer worked out by hand, and a network that learns, is saved and read again. */
import { Affine, backend, warmup } from "affine-wasm";
import { adam, binaryCrossEntropy, dense, loadWeights, Sequential, saveWeights } from "affine-wasm/nn";

/** Y = X·W + b over four rows, and its gradients, in integers that a reader can check. */
export function affine() {
  const layer = new Affine(2, 1);
  layer.weight.set([3, 2]);
  layer.bias?.set([1]);
  const y = layer.forward(Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1));
  const dx = layer.backward(Float32Array.of(1, 2, 3, 4));
  const result = { y: [...y], dx: [...dx], dWeight: [...layer.dWeight], dBias: [...(layer.dBias ?? [])] };
  layer.dispose();
  return result;
}

/** Exclusive or: what a trained network makes of the four rows, and a copy of it that was read from its file. */
export async function network() {
  const x = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
  const targets = Float32Array.of(0, 1, 1, 0);
  const make = (seed: number) => new Sequential(2, [dense(8, { activation: "tanh" }), dense(1)], { seed });
  const net = make(1);
  await net.fit(
    { x, targets },
    { optimizer: adam({ learningRate: 0.1 }), loss: binaryCrossEntropy(), epochs: 200, seed: 1 },
  );
  const copy = make(2);
  loadWeights(copy, saveWeights(net));
  const answers = [...net.predict(x)].map((logit) => (logit > 0 ? 1 : 0));
  return { answers, same: String(copy.predict(x)) === String(net.predict(x)) };
}

/** All of it. */
export async function work() {
  warmup("float32", 1);
  return { variant: typeof backend(), ...affine(), ...(await network()) };
}
