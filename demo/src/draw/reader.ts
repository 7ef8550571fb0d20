/** The network in training, or one of the visitor's own, as it reads a drawing. */
import type { Sequential } from "affine-wasm/nn";
import type { Weights } from "../train/messages.ts";
import { CLASSES, createNetwork, setWeights } from "../train/network.ts";
import type { Predicts } from "./file.ts";
import type { Own } from "./own.ts";

/** A reading of the clock covers this many milliseconds, since browsers round theirs. */
const SAMPLE = 10;

export class Reader {
  #network: Sequential | null = null;
  #hidden = 0;
  #own: Own | null = null;
  readonly #logits = new Float32Array(CLASSES);

  get ready(): boolean {
    return (this.#own ?? this.#network) !== null;
  }

  /** Reads by this network from now on; null: by the one in training again. It is disposed of when another one comes. */
  use(own: Own | null): void {
    this.#own?.net.dispose();
    this.#own = own;
  }

  /** Takes over what was learnt; null: nothing any more. */
  learn(weights: Weights | null): void {
    if (!weights || weights.hidden !== this.#hidden) {
      this.#network?.dispose();
      this.#network = null;
    }
    if (!weights) return;
    this.#hidden = weights.hidden;
    this.#network ??= createNetwork(weights.hidden);
    setWeights(this.#network, weights);
  }

  /** The probabilities of the ten digits: softmax of the network's outputs, or what its file says. NaN if they are no numbers. */
  read(image: Float32Array<ArrayBuffer>): number[] {
    const logits = this.#usable().predict(image, this.#logits);
    if (this.#own?.head === "sigmoid") return Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
    const largest = Math.max(...logits);
    const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  }

  /** Microseconds of one reading: both layers, copying included. */
  time(image: Float32Array<ArrayBuffer>): number {
    const network = this.#usable();
    for (let count = 1; ; count *= 2) {
      const start = performance.now();
      for (let i = 0; i < count; i++) network.predict(image, this.#logits);
      const elapsed = performance.now() - start;
      if (elapsed >= SAMPLE) return (1000 * elapsed) / count;
    }
  }

  #usable(): Predicts {
    const network = this.#own?.net ?? this.#network;
    if (!network) throw new Error("the network has learnt nothing yet");
    return network;
  }
}
