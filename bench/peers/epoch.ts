/** One epoch of 784-100-10 on 60,000 random digits: ReLU, softmax cross-entropy, gradient descent. */
import { Affine, type Tensor, tensor } from "../../dist/index.js";

const [SAMPLES, PIXELS, HIDDEN, CLASSES] = [60_000, 784, 100, 10];
const RATE = 0.1;

let digits: { images: Tensor<"float32">; labels: Uint8Array } | null = null;

/** Seconds that affine-wasm takes; the digits lie in its memory, as PyTorch's do in PyTorch's. */
export function affineEpoch(batch: number): number {
  digits ??= randomDigits();
  const { images, labels } = digits;
  using first = new Affine(PIXELS, HIDDEN, { activation: "relu", seed: 1 });
  using second = new Affine(HIDDEN, CLASSES, { seed: 2 });
  const [h, dh] = [tensor(batch * HIDDEN), tensor(batch * HIDDEN)];
  const [y, dy] = [tensor(batch * CLASSES), tensor(batch * CLASSES)];
  const start = performance.now();
  for (let at = 0; at + batch <= SAMPLES; at += batch) {
    first.forward(images.data.subarray(at * PIXELS, (at + batch) * PIXELS), h.data);
    second.forward(h.data, y.data);
    softmaxGradient(y.data, labels.subarray(at, at + batch), dy.data);
    second.backward(dy.data, { out: dh.data });
    first.backward(dh.data, { inputGradient: false });
    second.step(RATE);
    first.step(RATE);
  }
  const seconds = (performance.now() - start) / 1000;
  for (const each of [h, dh, y, dy]) each.dispose();
  return seconds;
}

/** dy = (softmax(y) - onehot(label)) / rows. */
function softmaxGradient(y: Float32Array, labels: Uint8Array, dy: Float32Array): void {
  for (let s = 0; s < labels.length; s++) {
    const at = s * CLASSES;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < CLASSES; j++) largest = Math.max(largest, y[at + j] as number);
    let sum = 0;
    for (let j = 0; j < CLASSES; j++) {
      const power = Math.exp((y[at + j] as number) - largest);
      dy[at + j] = power;
      sum += power;
    }
    for (let j = 0; j < CLASSES; j++) {
      const p = (dy[at + j] as number) / sum;
      dy[at + j] = (p - (j === labels[s] ? 1 : 0)) / labels.length;
    }
  }
}

function randomDigits() {
  const images = tensor(SAMPLES * PIXELS);
  const { data } = images;
  for (let i = 0; i < data.length; i++) data[i] = Math.random();
  const labels = Uint8Array.from({ length: SAMPLES }, () => Math.floor(Math.random() * CLASSES));
  return { images, labels };
}
