/** The network of the main job in plain JavaScript, the best of the benchmark: what affine-wasm is measured against. */
import { blocked, plainBackward, plainForward } from "../tools/plain.js";

interface Parameters {
  readonly weight: Float32Array;
  readonly bias: Float32Array | null;
}

/** ReLU between the layers, softmax cross-entropy after the last, SGD with momentum: v = μ·v + g, p = p - η·v. */
export class PlainNetwork {
  readonly #layers: readonly PlainLayer[];
  readonly #momentum: number;

  /** Starts from a copy of these parameters. */
  constructor(layers: readonly Parameters[], momentum: number) {
    this.#layers = layers.map((layer, i) => new PlainLayer(layer, i < layers.length - 1));
    this.#momentum = momentum;
  }

  /** One step on a batch. Returns its mean loss before the step. */
  train(x: Float32Array, labels: ArrayLike<number>, rate: number): number {
    let y = x;
    for (const layer of this.#layers) y = layer.forward(y, labels.length);
    const dy = new Float32Array(y.length);
    const loss = softmaxCrossEntropy(y, labels, dy);
    let gradient: Float32Array | null = dy;
    for (const layer of [...this.#layers].reverse()) {
      if (gradient) gradient = layer.backward(gradient, layer !== this.#layers[0]);
    }
    for (const layer of this.#layers) layer.step(rate, this.#momentum);
    return loss;
  }
}

class PlainLayer {
  readonly #weight: Float32Array;
  readonly #bias: Float32Array;
  readonly #dWeight: Float32Array;
  readonly #dBias: Float32Array;
  readonly #velocity: Float32Array;
  readonly #biasVelocity: Float32Array;
  readonly #relu: boolean;
  #x = new Float32Array(0);
  #y = new Float32Array(0);
  #batch = 0;

  constructor({ weight, bias }: Parameters, relu: boolean) {
    this.#weight = weight.slice();
    this.#bias = bias ? bias.slice() : new Float32Array(0);
    [this.#dWeight, this.#velocity] = [new Float32Array(weight.length), new Float32Array(weight.length)];
    [this.#dBias, this.#biasVelocity] = [new Float32Array(this.#bias.length), new Float32Array(this.#bias.length)];
    this.#relu = relu;
  }

  forward(x: Float32Array, batch: number): Float32Array {
    this.#batch = batch;
    const length = batch * this.#bias.length;
    // One buffer for all batches of a size, as the fast network has.
    if (this.#y.length !== length) this.#y = new Float32Array(length);
    this.#x = x as Float32Array<ArrayBuffer>;
    const y = this.#y;
    plainForward(blocked, this.#shape(), { x, weight: this.#weight, bias: this.#bias }, y);
    if (this.#relu) for (let i = 0; i < y.length; i++) y[i] = Math.max(0, y[i] as number);
    return y;
  }

  /** Masks dY in place: it is used only once. */
  backward(dy: Float32Array, inputGradient: boolean): Float32Array | null {
    if (this.#relu) for (let i = 0; i < dy.length; i++) if ((this.#y[i] as number) <= 0) dy[i] = 0;
    const dx = inputGradient ? new Float32Array(this.#x.length) : null;
    const operands = { x: this.#x, weight: this.#weight, dy };
    plainBackward(blocked, this.#shape(), operands, { dx, dWeight: this.#dWeight, dBias: this.#dBias });
    return dx;
  }

  step(rate: number, momentum: number): void {
    update(this.#weight, this.#dWeight, this.#velocity, rate, momentum);
    update(this.#bias, this.#dBias, this.#biasVelocity, rate, momentum);
  }

  #shape() {
    const outFeatures = this.#bias.length;
    return { batch: this.#batch, inFeatures: this.#weight.length / outFeatures, outFeatures };
  }
}

function update(p: Float32Array, g: Float32Array, v: Float32Array, rate: number, momentum: number): void {
  for (let i = 0; i < p.length; i++) {
    const velocity = momentum * (v[i] as number) + (g[i] as number);
    v[i] = velocity;
    p[i] = (p[i] as number) - rate * velocity;
  }
}

/** The mean of -log softmax(y)[label], stable for large scores; its gradient goes to dy. */
function softmaxCrossEntropy(y: Float32Array, labels: ArrayLike<number>, dy: Float32Array): number {
  const rows = labels.length;
  const classes = y.length / rows;
  let loss = 0;
  for (let s = 0; s < rows; s++) {
    const at = s * classes;
    const label = labels[s] as number;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < classes; j++) largest = Math.max(largest, y[at + j] as number);
    let sum = 0;
    for (let j = 0; j < classes; j++) sum += Math.exp((y[at + j] as number) - largest);
    for (let j = 0; j < classes; j++) {
      const p = Math.exp((y[at + j] as number) - largest) / sum;
      dy[at + j] = (p - (j === label ? 1 : 0)) / rows;
    }
    loss += Math.log(sum) + largest - (y[at + label] as number);
  }
  return loss / rows;
}
