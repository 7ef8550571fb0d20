/**
 * A long life of the library in short: layers and tensors are made, used, resized and disposed in any order, with mistakes
 * in between. Every result is held against the naive loops, every mistake to its error, and all memory must come back.
 */
import { backward, type FloatArray, forward, memoryUsage, type Tensor, tensor } from "affine-wasm";
import { DTYPES, operandsOf, type Random, randomFrom } from "../../support/cases.js";
import { expectSameBits, expectWithinBound, referenceBackward, referenceForward } from "../../support/reference.js";
import { bitsSoFar, computed } from "./bits.js";
import { StressFailure } from "./failure.js";
import { mistake } from "./mistakes.js";
import { ModelLayer } from "./model.js";

/** At most so many layers live at once, and as many tensors. */
const MOST = 10;
/** Everything is disposed, and the memory counted, once in so many steps. */
const LIFE = 250;

export interface Outcome {
  readonly steps: number;
  /** The largest number of bytes in use after a step. */
  readonly peak: number;
  /** After each step, of all that was computed so far. */
  readonly bits: readonly number[];
}

/**
 * Runs `most` steps, or fewer once `enough` says so. The same seed makes the same steps.
 * @throws StressFailure
 */
export function stress(seed: number, most: number, enough: () => boolean = () => false): Outcome {
  const state = new Stress(seed);
  let peak = 0;
  let steps = 0;
  let what = "start";
  const bits: number[] = [];
  try {
    while (steps < most && !enough()) {
      steps++;
      what = state.step(steps);
      bits.push(bitsSoFar());
      peak = Math.max(peak, memoryUsage().used);
    }
    what = "end";
    state.end();
  } catch (cause) {
    throw new StressFailure(steps, cause instanceof StepError ? cause.what : what, cause);
  }
  return { steps, peak, bits };
}

/** Names the action that failed. */
class StepError extends Error {
  readonly what: string;
  constructor(what: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.what = what;
  }
}

class Stress {
  readonly #random: Random;
  readonly #layers: ModelLayer[] = [];
  readonly #tensors: Tensor[] = [];
  readonly #start: number;
  readonly #actions: readonly [string, () => void][];

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    tensor(1).dispose(); // starts the library, which takes its scratch memory
    this.#start = memoryUsage().used;
    this.#actions = [
      ["create a layer", () => this.#create()],
      ["forward", () => this.#layer().forward(this.#random, this.#size(20))],
      ["forward", () => this.#layer().forward(this.#random, this.#size(20))],
      ["backward", () => this.#layer().backward(this.#random)],
      ["backward", () => this.#layer().backward(this.#random)],
      ["step", () => this.#layer().step(this.#random())],
      ["set the weights", () => this.#layer().write(this.#random)],
      ["dispose a layer", () => this.#take(this.#layers)?.dispose()],
      ["create a tensor", () => this.#createTensor()],
      ["dispose a tensor", () => this.#disposeTensor()],
      ["functional passes", () => this.#functional()],
      ["grow", () => this.#grow()],
      ["a mistake", () => this.#mistake()],
      ["a mistake", () => this.#mistake()],
    ];
  }

  step(number: number): string {
    const [what, act] = this.#actions[this.#index(this.#actions.length)] as [string, () => void];
    try {
      act();
      if (number % LIFE === 0) this.end();
    } catch (cause) {
      throw new StepError(what, cause);
    }
    return what;
  }

  /** Disposes all, in any order. */
  end(): void {
    for (const layer of this.#layers) layer.verify();
    while (this.#layers.length > 0) this.#take(this.#layers)?.dispose();
    while (this.#tensors.length > 0) this.#disposeTensor();
    const { used } = memoryUsage();
    if (used !== this.#start) throw new Error(`${used - this.#start} bytes did not come back`);
  }

  #index(length: number): number {
    return Math.floor(((this.#random() + 1) / 2) * length);
  }

  /** Mostly small, at times 0, at times several tiles. */
  #size(most: number): number {
    return this.#index(10) === 0 ? this.#index(4 * most) : this.#index(most);
  }

  #create(): void {
    if (this.#layers.length >= MOST) this.#take(this.#layers)?.dispose();
    const dtype = DTYPES[this.#index(2)] as "float32" | "float64";
    this.#layers.push(new ModelLayer(this.#size(20), this.#size(20), dtype, this.#random));
  }

  #layer(): ModelLayer {
    if (this.#layers.length === 0) this.#create();
    return this.#layers[this.#index(this.#layers.length)] as ModelLayer;
  }

  #take<T>(list: T[]): T | undefined {
    return list.splice(this.#index(list.length), 1)[0];
  }

  #createTensor(): void {
    if (this.#tensors.length >= MOST) this.#disposeTensor();
    const made = tensor(this.#size(5000), DTYPES[this.#index(2)] as "float32");
    if (!made.data.every((value) => value === 0)) throw new Error("tensor: not zeros");
    made.data.fill(this.#random());
    this.#tensors.push(made);
  }

  /** What lies in a tensor is what was put there. */
  #disposeTensor(): void {
    const gone = this.#take(this.#tensors);
    if (!gone) return;
    if (!gone.data.every((value) => value === gone.data[0])) throw new Error("tensor: changed");
    gone.dispose();
    gone.dispose();
  }

  #functional(): void {
    const shape = { batch: this.#size(20), inFeatures: this.#size(20), outFeatures: this.#size(20) };
    const dtype = DTYPES[this.#index(2)] as "float32" | "float64";
    const operands = operandsOf(dtype, shape, this.#random);
    const out = this.#index(2) === 0 ? tensor(shape.batch * shape.outFeatures, dtype) : null;
    const y = out ? forward<FloatArray>(operands, shape, out.data) : forward<FloatArray>(operands, shape);
    expectWithinBound(y, referenceForward(shape, operands), dtype, "y");
    computed(y);
    out?.dispose();
    const gradients = backward<FloatArray>(operands, shape);
    computed(gradients.dx, gradients.dWeight, gradients.dBias);
    const expected = referenceBackward(shape, operands);
    for (const name of ["dx", "dWeight", "dBias"] as const) {
      expectWithinBound(gradients[name], expected[name], dtype, name);
    }
  }

  /** Memory grows, or is taken and given back; views read again after that show what was there. */
  #grow(): void {
    const layer = this.#layer();
    const before = layer.weight();
    const large = tensor(100_000 + this.#index(1_000_000));
    expectSameBits(layer.weight(), before, "weight after growth");
    large.dispose();
  }

  /** An error, and then every live layer still is what it was. */
  #mistake(): void {
    const { layer } = this.#layer();
    const { used } = memoryUsage();
    mistake(this.#index(1e6), layer);
    if (memoryUsage().used !== used) throw new Error(`${memoryUsage().used - used} bytes kept after an error`);
    for (const layer of this.#layers) layer.verify();
    this.#layer().forward(this.#random, this.#size(8));
  }
}
