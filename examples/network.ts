/** Two affine layers and softmax cross-entropy: a network for digits, over the fast layers or over plain JavaScript. */
import { Affine, tensor } from "affine-wasm";
import { blocked, plainBackward, plainForward } from "../bench/plain.js";
import type { Digits } from "./idx.js";

const CLASSES = 10;

/** What the network needs of a layer; `Affine` is one. */
export interface Layer {
  readonly weight: Float32Array;
  readonly bias: Float32Array | null;
  forward(x: Float32Array, out: Float32Array): Float32Array;
  backward(dy: Float32Array, options: { inputGradient?: boolean; out?: Float32Array }): Float32Array | null;
  step(rate: number): void;
}

/** An array that may move: read `data` anew after anything was allocated. */
interface Buffer {
  readonly data: Float32Array;
}

export interface Batch {
  /** Indices of the digits in this batch. */
  readonly indices: Uint32Array;
}

/** 784-hidden-10 with ReLU: X → X·W₁+b₁ → ReLU → ·W₂+b₂ → softmax. */
export class Network {
  readonly #first: Layer;
  readonly #second: Layer;
  readonly #pixels: number;
  readonly #hidden: number;
  readonly #x: Buffer;
  readonly #h: Buffer;
  readonly #y: Buffer;
  readonly #dy: Buffer;
  readonly #dh: Buffer;

  constructor(first: Layer, second: Layer, sizes: Sizes, allocate: (length: number) => Buffer) {
    const { pixels, hidden, batch } = sizes;
    this.#first = first;
    this.#second = second;
    this.#pixels = pixels;
    this.#hidden = hidden;
    this.#x = allocate(batch * pixels);
    this.#h = allocate(batch * hidden);
    this.#y = allocate(batch * CLASSES);
    this.#dy = allocate(batch * CLASSES);
    this.#dh = allocate(batch * hidden);
  }

  /** One step of gradient descent on these digits. Returns their mean loss before the step. */
  train(digits: Digits, indices: Uint32Array, rate: number): number {
    const rows = indices.length;
    const y = this.#forward(digits, indices);
    const dy = this.#dy.data.subarray(0, rows * CLASSES);
    const loss = softmaxCrossEntropy(y, digits.labels, indices, dy);
    const dh = this.#dh.data.subarray(0, rows * this.#hidden);
    this.#second.backward(dy, { out: dh });
    this.#first.backward(dh, { inputGradient: false });
    this.#second.step(rate);
    this.#first.step(rate);
    return loss;
  }

  /** How many of these digits the network reads right. */
  countRight(digits: Digits, indices: Uint32Array): number {
    const y = this.#forward(digits, indices);
    let right = 0;
    for (const [s, index] of indices.entries()) {
      const scores = y.subarray(s * CLASSES, (s + 1) * CLASSES);
      if (scores.indexOf(Math.max(...scores)) === digits.labels[index]) right++;
    }
    return right;
  }

  #forward(digits: Digits, indices: Uint32Array): Float32Array {
    const rows = indices.length;
    const x = this.#x.data.subarray(0, rows * this.#pixels);
    for (let s = 0; s < rows; s++) {
      const from = (indices[s] as number) * this.#pixels;
      for (let i = 0, to = s * this.#pixels; i < this.#pixels; i++)
        x[to + i] = (digits.images[from + i] as number) / 255;
    }
    const h = this.#first.forward(x, this.#h.data.subarray(0, rows * this.#hidden));
    return this.#second.forward(h, this.#y.data.subarray(0, rows * CLASSES));
  }
}

export interface Sizes {
  readonly pixels: number;
  readonly hidden: number;
  /** The most digits in one batch. */
  readonly batch: number;
}

/**
 * Softmax and cross-entropy in one, stable for large scores: the mean loss -log p(label), and
 * `dy = (p - onehot(label)) / rows`, its gradient with respect to the scores y.
 */
function softmaxCrossEntropy(y: Float32Array, labels: Uint8Array, indices: Uint32Array, dy: Float32Array): number {
  const rows = indices.length;
  let loss = 0;
  for (let s = 0; s < rows; s++) {
    const at = s * CLASSES;
    const label = labels[indices[s] as number] as number;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < CLASSES; j++) largest = Math.max(largest, y[at + j] as number);
    let sum = 0;
    for (let j = 0; j < CLASSES; j++) sum += Math.exp((y[at + j] as number) - largest);
    for (let j = 0; j < CLASSES; j++) {
      const p = Math.exp((y[at + j] as number) - largest) / sum;
      dy[at + j] = (p - (j === label ? 1 : 0)) / rows;
    }
    loss += Math.log(sum) + largest - (y[at + label] as number);
  }
  return loss / rows;
}

/** The network on WebAssembly; its buffers lie in the module's memory, so that no pass copies anything. */
export function fastNetwork(sizes: Sizes, seed: number): { network: Network; layers: [Affine, Affine] } {
  const first = new Affine(sizes.pixels, sizes.hidden, { activation: "relu", seed });
  const second = new Affine(sizes.hidden, CLASSES, { seed: seed + 1 });
  return { network: new Network(first, second, sizes, (length) => tensor(length)), layers: [first, second] };
}

/** The same network in plain JavaScript, from the same weights. */
export function plainNetwork(sizes: Sizes, [first, second]: readonly [Layer, Layer]): Network {
  return new Network(new PlainLayer(first, true), new PlainLayer(second, false), sizes, (length) => ({
    data: new Float32Array(length),
  }));
}

/** A dense layer in the best plain JavaScript of the benchmark. */
class PlainLayer implements Layer {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly #dWeight: Float32Array;
  readonly #dBias: Float32Array;
  readonly #relu: boolean;
  #x = new Float32Array(0);
  #y = new Float32Array(0);

  constructor({ weight, bias }: { weight: Float32Array; bias: Float32Array | null }, relu: boolean) {
    this.weight = weight.slice();
    this.bias = bias ? bias.slice() : new Float32Array(0);
    this.#dWeight = new Float32Array(weight.length);
    this.#dBias = new Float32Array(this.bias.length);
    this.#relu = relu;
  }

  forward(x: Float32Array, out: Float32Array): Float32Array {
    this.#x = x as Float32Array<ArrayBuffer>;
    this.#y = out as Float32Array<ArrayBuffer>;
    plainForward(blocked, this.#shape(), { x, weight: this.weight, bias: this.bias }, out);
    if (this.#relu) for (let i = 0; i < out.length; i++) out[i] = Math.max(0, out[i] as number);
    return out;
  }

  backward(dy: Float32Array, { inputGradient = true, out }: { inputGradient?: boolean; out?: Float32Array }) {
    // The caller's gradient is its own buffer, used once: masking it in place is fair, and faster than a copy.
    if (this.#relu) for (let i = 0; i < dy.length; i++) if ((this.#y[i] as number) <= 0) dy[i] = 0;
    const dx = inputGradient ? (out ?? new Float32Array(this.#x.length)) : null;
    const operands = { x: this.#x, weight: this.weight, dy };
    plainBackward(blocked, this.#shape(), operands, { dx, dWeight: this.#dWeight, dBias: this.#dBias });
    return dx;
  }

  step(rate: number): void {
    for (const [value, gradient] of [
      [this.weight, this.#dWeight],
      [this.bias, this.#dBias],
    ] as const) {
      for (let i = 0; i < value.length; i++) value[i] = (value[i] as number) - rate * (gradient[i] as number);
    }
  }

  #shape() {
    const outFeatures = this.bias.length;
    const inFeatures = this.weight.length / outFeatures;
    return { batch: this.#x.length / inFeatures, inFeatures, outFeatures };
  }
}
