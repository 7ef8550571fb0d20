/** A network learns exclusive or. */
import { adam, binaryCrossEntropy, dense, Sequential } from "affine-wasm/nn";

const x = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1); // four rows of two values
const targets = Float32Array.of(0, 1, 1, 0);
const network = new Sequential(2, [dense(8, { activation: "tanh" }), dense(1)], { seed: 1 });
const optimizer = adam({ learningRate: 0.1 });
await network.fit({ x, targets }, { optimizer, loss: binaryCrossEntropy(), epochs: 200 });
for (const [row, logit] of network.predict(x).entries()) {
  console.log(`${x[2 * row]} xor ${x[2 * row + 1]} = ${(1 / (1 + Math.exp(-logit))).toFixed(3)}`);
}
