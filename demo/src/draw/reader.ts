/** The network in training, as it reads a drawing. */
import { dense, Sequential } from "affine-wasm/nn";
import type { Weights } from "../train/messages.ts";
import { SIDE } from "./normalize.ts";

const CLASSES = 10;
/** A reading of the clock covers this many milliseconds, since browsers round theirs. */
const SAMPLE = 10;

export class Reader {
  #network: Sequential | null = null;
  #hidden = 0;
  readonly #logits = new Float32Array(CLASSES);

  get ready(): boolean {
    return this.#network !== null;
  }

  /** Takes over what was learnt; null: nothing any more. */
  learn(weights: Weights | null): void {
    if (!weights || weights.hidden !== this.#hidden) {
      this.#network?.dispose();
      this.#network = null;
    }
    if (!weights) return;
    this.#hidden = weights.hidden;
    this.#network ??= new Sequential(SIDE * SIDE, [dense(weights.hidden, { activation: "relu" }), dense(CLASSES)]);
    for (const [i, { weight, bias }] of weights.layers.entries()) {
      this.#network.layers[i]?.weight?.set(weight);
      this.#network.layers[i]?.bias?.set(bias);
    }
  }

  /** The probabilities of the ten digits: softmax of the network's outputs. */
  read(image: Float32Array<ArrayBuffer>): number[] {
    const network = this.#usable();
    const logits = network.predict(image, this.#logits);
    const largest = Math.max(...logits);
    const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  }

  /** Microseconds of one reading: both layers, copying included. */
  time(image: Float32Array<ArrayBuffer>): number {
    const network = this.#usable();
    for (let count = 64; ; count *= 2) {
      const start = performance.now();
      for (let i = 0; i < count; i++) network.predict(image, this.#logits);
      const elapsed = performance.now() - start;
      if (elapsed >= SAMPLE) return (1000 * elapsed) / count;
    }
  }

  #usable(): Sequential {
    if (!this.#network) throw new Error("the network has learnt nothing yet");
    return this.#network;
  }
}
