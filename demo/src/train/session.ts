/** One network in training, a slice of an epoch at a time, so that it can be paused and watched. */
import type { Optimizer, Sequential } from "affine-wasm/nn";
import { threadsOnline } from "../threads/start.ts";
import { type Digits, PIXELS } from "./digits.ts";
import type { Progress, Weights } from "./messages.ts";
import { createNetwork } from "./network.ts";
import { optimizerOf } from "./optimizer.ts";
import type { Settings } from "./settings.ts";

/** Training digits of a slice: a tenth of an epoch. */
const SLICE = 6_000;
/** Test digits that are turned into floats at a time. */
const TEST_SLICE = 2_000;

export class Session {
  readonly #network: Sequential;
  readonly #optimizer: Optimizer;
  readonly #train: Digits;
  readonly #test: Digits;
  /** The slice as floats: all digits would take 188 MB. */
  readonly #x = new Float32Array(SLICE * PIXELS);
  #settings: Settings;
  #slices = 0;

  constructor({ train, test }: { train: Digits; test: Digits }, settings: Settings) {
    this.#train = train;
    this.#test = test;
    this.#settings = settings;
    this.#network = createNetwork(settings.hidden);
    this.#optimizer = optimizerOf(settings.optimizer, () => this.#settings.learningRate);
  }

  /** How often all digits have been gone through, with its fraction. */
  get epochs(): number {
    return (this.#slices * SLICE) / this.#train.count;
  }

  /** Learning rate and batch size from now on; the others are those of the network, and stay. */
  tune({ learningRate, batchSize }: Settings): void {
    this.#settings = { ...this.#settings, learningRate, batchSize };
  }

  /** Trains on the next slice, and tests after the last one of an epoch. @throws Error if the loss diverges */
  async next(): Promise<Progress> {
    const start = performance.now();
    const perEpoch = this.#train.count / SLICE;
    const from = (this.#slices++ % perEpoch) * SLICE;
    const [metrics] = await this.#network.fit(slice(this.#train, from, SLICE, this.#x), {
      optimizer: this.#optimizer,
      batchSize: this.#settings.batchSize,
    });
    if (!metrics) throw new Error("nothing was trained");
    const { loss, accuracy = 0 } = metrics;
    const imagesPerSecond = (1000 * SLICE) / (performance.now() - start);
    const threads = threadsOnline();
    const progress = { epochs: this.#slices / perEpoch, loss, accuracy, imagesPerSecond, threads };
    return this.#slices % perEpoch === 0 ? { ...progress, test: this.#testAccuracy() } : progress;
  }

  weights(): Weights {
    const layers = this.#network.layers.map(({ weight, bias }) => ({
      weight: Float32Array.from(weight ?? []),
      bias: Float32Array.from(bias ?? []),
    }));
    return { hidden: this.#settings.hidden, layers };
  }

  dispose(): void {
    this.#network.dispose();
  }

  #testAccuracy(): number {
    let right = 0;
    for (let from = 0; from < this.#test.count; from += TEST_SLICE)
      right += TEST_SLICE * (this.#network.evaluate(slice(this.#test, from, TEST_SLICE, this.#x)).accuracy ?? 0);
    return right / this.#test.count;
  }
}

/** Some of the digits, with inks from 0 to 1, in `into`. */
function slice({ images, labels }: Digits, from: number, count: number, into: Float32Array<ArrayBuffer>) {
  const x = into.subarray(0, count * PIXELS);
  const bytes = images.subarray(from * PIXELS, (from + count) * PIXELS);
  for (let i = 0; i < x.length; i++) x[i] = (bytes[i] as number) / 255;
  return { x, labels: labels.subarray(from, from + count) };
}
