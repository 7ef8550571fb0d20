/** A layer, and what it must be: its parameters and gradients as they were last known, results by the naive loops. */
import { Affine, type FloatArray, type Shape, type Tensor, tensor } from "affine-wasm";
import { arrayOf, expectError, type Random, randomFrom } from "../../support/cases.js";
import { expectSameBits, expectWithinBound, referenceBackward, referenceForward } from "../../support/reference.js";

import { computed } from "./bits.js";

type DType = "float32" | "float64";

interface Last {
  readonly shape: Shape;
  readonly x: FloatArray;
  readonly y: FloatArray;
}

export class ModelLayer {
  readonly layer: Affine<DType>;
  readonly #dtype: DType;
  readonly #relu: boolean;
  #weight: FloatArray;
  #bias: FloatArray | null;
  #gradients: { dWeight: FloatArray; dBias: FloatArray | null } | null = null;
  #last: Last | null = null;
  /** Where the x of the last forward lies, if it is used in place. */
  #held: Tensor<DType> | null = null;

  constructor(inFeatures: number, outFeatures: number, dtype: DType, random: Random) {
    this.#dtype = dtype;
    this.#relu = random() > 0;
    const activation = this.#relu ? "relu" : "none";
    this.layer = new Affine<DType>(inFeatures, outFeatures, { dtype, activation, bias: random() > -0.5, seed: 1 });
    this.#weight = this.layer.weight.slice();
    this.#bias = this.layer.bias?.slice() ?? null;
    const limit = Math.sqrt(6 / (inFeatures + outFeatures));
    if (!this.#weight.every((value) => Math.abs(value) <= limit)) throw new Error("weight: beyond its limit");
  }

  weight(): FloatArray {
    return this.layer.weight.slice();
  }

  /** Holds parameters and gradients to what they were. */
  verify(): void {
    expectSameBits(this.layer.weight, this.#weight, "weight");
    if (this.#bias) expectSameBits(this.layer.bias as FloatArray, this.#bias, "bias");
    if (!this.#gradients) return;
    expectSameBits(this.layer.dWeight, this.#gradients.dWeight, "dWeight");
    if (this.#gradients.dBias) expectSameBits(this.layer.dBias as FloatArray, this.#gradients.dBias, "dBias");
  }

  write(random: Random): void {
    this.layer.weight.forEach((_, i, all) => {
      all[i] = random();
    });
    this.layer.bias?.fill(random());
    this.#weight = this.layer.weight.slice();
    this.#bias = this.layer.bias?.slice() ?? null;
    // A gradient belongs to the weights that its forward has seen.
    this.#last = null;
  }

  forward(random: Random, rows: number): void {
    const { inFeatures, outFeatures } = this.layer;
    const batch = inFeatures === 0 ? 1 : rows;
    const shape = { batch, inFeatures, outFeatures };
    const x = arrayOf(this.#dtype, batch * inFeatures, random);
    const held = random() > 0 ? tensor(x.length, this.#dtype) : null;
    held?.data.set(x);
    const y = this.layer.forward(held ? held.data : x);
    this.#held?.dispose();
    this.#held = held;
    const expected = referenceForward(shape, { x, weight: this.#weight, bias: this.#bias });
    if (this.#relu) expected.values.set(expected.values.map((value) => Math.max(0, value)));
    expectWithinBound(y, expected, this.#dtype, "y");
    computed(y);
    if (held) expectSameBits(held.data, x, "x");
    this.#last = { shape, x, y: y.slice() };
  }

  backward(random: Random): void {
    if (!this.#last) {
      this.forward(random, 3);
      return;
    }
    const { shape, x, y } = this.#last;
    const dy = arrayOf(this.#dtype, y.length, random);
    const accumulate = this.#gradients !== null && random() > 0.5;
    const before = this.#gradients;
    const dx = this.layer.backward(dy, { accumulate });
    const masked = dy.slice();
    for (let i = 0; i < y.length; i++) if (this.#relu && !((y[i] as number) > 0)) masked[i] = 0;
    const expected = referenceBackward(shape, { x, weight: this.#weight, dy: masked });
    if (accumulate && before) {
      add(expected.dWeight, before.dWeight);
      if (before.dBias) add(expected.dBias, before.dBias);
    }
    expectWithinBound(dx, expected.dx, this.#dtype, "dx");
    expectWithinBound(this.layer.dWeight, expected.dWeight, this.#dtype, "dWeight");
    if (this.#bias) expectWithinBound(this.layer.dBias as FloatArray, expected.dBias, this.#dtype, "dBias");
    computed(dx, this.layer.dWeight, this.layer.dBias);
    this.#gradients = { dWeight: this.layer.dWeight.slice(), dBias: this.layer.dBias?.slice() ?? null };
  }

  step(rate: number): void {
    if (!this.#gradients) {
      expectError(() => this.layer.step(rate), Error, "step: call backward first");
      return;
    }
    const { dWeight, dBias } = this.#gradients;
    this.layer.step(rate);
    // Tiny and ordinary alike: one rounded product and one rounded sum.
    computed(this.layer.weight, this.layer.bias);
    moved(this.layer.weight, this.#weight, dWeight, rate, this.#dtype);
    if (this.#bias && dBias) moved(this.layer.bias as FloatArray, this.#bias, dBias, rate, this.#dtype);
    this.#weight = this.layer.weight.slice();
    this.#bias = this.layer.bias?.slice() ?? null;
    this.#last = null;
  }

  dispose(): void {
    this.verify();
    this.layer.dispose();
    this.layer.dispose();
    this.#held?.dispose();
    const use = () => this.layer.forward(arrayOf(this.#dtype, 0, randomFrom(1)));
    expectError(use, ReferenceError, "forward: the layer is used after dispose()");
  }
}

function add({ values, magnitudes }: { values: Float64Array; magnitudes: Float64Array }, start: FloatArray): void {
  start.forEach((value, i) => {
    values[i] = (values[i] as number) + value;
    magnitudes[i] = (magnitudes[i] as number) + Math.abs(value);
  });
}

function moved(actual: FloatArray, from: FloatArray, gradient: FloatArray, rate: number, dtype: DType): void {
  const values = Float64Array.from(from, (value, i) => value - rate * (gradient[i] as number));
  const magnitudes = Float64Array.from(from, (value, i) => Math.abs(value) + Math.abs(rate * (gradient[i] as number)));
  expectWithinBound(actual, { values, magnitudes, k: 1 }, dtype, "step");
}
