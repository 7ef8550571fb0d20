/** Passes through the public functions: operands in the caller's memory or the module's, at any offset, with canaries. */
import { backward, type FloatArray, forward, type Shape, type Tensor, tensor } from "affine-wasm";
import * as fc from "fast-check";
import { ARRAYS, type ArrayOf, type DType } from "../../src/dtype.js";
import { dtypes, seeds, threeSizes } from "./raw.js";
import { finiteKinds, type Kind, operands } from "./values.js";

export interface Pass {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Whether operands and results lie in the module's memory: x, weight, bias, dy, y, dx, dWeight, dBias. */
  readonly inside: readonly boolean[];
  readonly bias: boolean;
  readonly kind: Kind;
  readonly seed: number;
}

export const shapes: fc.Arbitrary<Shape> = threeSizes.map(([batch, inFeatures, outFeatures]) => ({
  batch,
  inFeatures,
  outFeatures,
}));

export function passes(kinds: fc.Arbitrary<Kind> = finiteKinds): fc.Arbitrary<Pass> {
  return fc.record({
    dtype: dtypes,
    shape: shapes,
    inside: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    bias: fc.boolean(),
    kind: kinds,
    seed: seeds,
  });
}

const GUARD = 16;
const CANARY = 12345;

/** An array with canaries on both sides, in the caller's memory or the module's. */
export class Held<D extends DType = DType> {
  readonly #length: number;
  readonly #offset: number;
  readonly #tensor: Tensor<D> | null;
  readonly #own: ArrayOf<D> | null;
  readonly #values: FloatArray | null;

  /** `values` null: an output of `length`, filled with NaN. */
  constructor(dtype: D, length: number, values: FloatArray | null, inside: boolean, offset: number) {
    this.#length = length;
    this.#offset = GUARD + (offset & 15);
    this.#values = values;
    const all = this.#offset + length + GUARD;
    this.#tensor = inside ? tensor(all, dtype) : null;
    this.#own = inside ? null : (new ARRAYS[dtype](all) as ArrayOf<D>);
    this.#all.fill(CANARY);
    if (values) this.array.set(values);
    else this.array.fill(Number.NaN);
  }

  get #all(): ArrayOf<D> {
    return this.#tensor?.data ?? (this.#own as ArrayOf<D>);
  }

  /** The live view. */
  get array(): ArrayOf<D> {
    return this.#all.subarray(this.#offset, this.#offset + this.#length) as ArrayOf<D>;
  }

  /** @throws Error if a canary changed, or a value of an input */
  expectIntact(what: string): void {
    this.#all.forEach((value, i) => {
      const inner = i - this.#offset;
      const outside = inner < 0 || inner >= this.#length;
      const expected = outside ? CANARY : this.#values ? this.#values[inner] : value;
      if (!Object.is(value, expected)) {
        throw new Error(`${what}: ${outside ? "outside of it, " : ""}element ${inner} is ${value}, was ${expected}`);
      }
    });
  }

  dispose(): void {
    this.#tensor?.dispose();
  }
}

/** The results of a pass, as copies, and what they were computed from. */
export interface Outcome {
  readonly x: FloatArray;
  readonly weight: FloatArray;
  readonly bias: FloatArray | null;
  readonly dy: FloatArray;
  readonly y: FloatArray;
  readonly dx: FloatArray;
  readonly dWeight: FloatArray;
  readonly dBias: FloatArray;
}

/** Runs both functions on held operands, then hands all that was held to `inspect`, by name. */
export function runPass(
  { dtype, shape, inside, bias: biased, kind, seed }: Pass,
  inspect: (name: string, held: Held, output: boolean) => void = () => undefined,
): Outcome {
  const { batch, inFeatures, outFeatures } = shape;
  const forth = operands(dtype, kind, seed, batch, outFeatures, inFeatures);
  const back = operands(dtype, kind, seed + 1, inFeatures, outFeatures, batch);
  const given = { x: forth.a, weight: forth.b, bias: forth.init.slice(0, outFeatures), dy: back.b };
  if (batch === 0) given.bias = new ARRAYS[dtype](outFeatures) as typeof given.bias;
  const lengths = {
    x: batch * inFeatures,
    weight: inFeatures * outFeatures,
    bias: outFeatures,
    dy: batch * outFeatures,
    y: batch * outFeatures,
    dx: batch * inFeatures,
    dWeight: inFeatures * outFeatures,
    dBias: outFeatures,
  };
  const names = Object.keys(lengths) as (keyof typeof lengths)[];
  const held = Object.fromEntries(
    names.map((name, i) => {
      const values = name in given ? given[name as keyof typeof given] : null;
      return [name, new Held(dtype, lengths[name], values, inside[i] as boolean, (seed >>> (2 * i)) & 3)];
    }),
  ) as Record<keyof typeof lengths, Held>;
  try {
    const { x, weight, bias, dy, y, dx, dWeight, dBias } = held;
    forward<FloatArray>(
      { x: x.array, weight: weight.array, bias: biased ? bias.array : null },
      shape,
      y.array as FloatArray,
    );
    // Read only now: memory may have grown, which detaches every view.
    const outputs = { dx: dx.array, dWeight: dWeight.array, dBias: dBias.array };
    backward<FloatArray>({ x: x.array, weight: weight.array, dy: dy.array }, shape, outputs);
    for (const name of names) inspect(name, held[name], !(name in given));
    return {
      ...given,
      bias: biased ? given.bias : null,
      y: y.array.slice(),
      dx: dx.array.slice(),
      dWeight: dWeight.array.slice(),
      dBias: dBias.array.slice(),
    };
  } finally {
    for (const name of names) held[name].dispose();
  }
}

/** The transpose of a row-major matrix. */
export function transposed<A extends FloatArray>(array: A, rows: number, row: number): A {
  const result = array.slice() as A;
  for (let i = 0; i < rows; i++) for (let j = 0; j < row; j++) result[j * rows + i] = array[i * row + j] as number;
  return result;
}

/** `row`, `rows` times. */
function repeated(row: FloatArray, rows: number): FloatArray {
  const result = new (row.constructor as typeof Float64Array)(row.length * rows);
  for (let i = 0; i < rows; i++) result.set(row, i * row.length);
  return result;
}

/** Calls `check` with each result of a pass as the product that it should be. */
export function eachProduct(
  { batch, inFeatures, outFeatures }: Shape,
  { x, weight, bias, dy, y, dx, dWeight, dBias }: Outcome,
  check: (
    name: string,
    sizes: [number, number, number],
    operands: { a: FloatArray; b: FloatArray; init: FloatArray },
    actual: FloatArray,
  ) => void,
): void {
  const zeros = (length: number) => new Float64Array(length);
  const init = bias ? repeated(bias, batch) : zeros(y.length);
  check("y", [batch, outFeatures, inFeatures], { a: x, b: weight, init }, y);
  const weightT = transposed(weight, inFeatures, outFeatures);
  check("dx", [batch, inFeatures, outFeatures], { a: dy, b: weightT, init: zeros(dx.length) }, dx);
  const xT = transposed(x, batch, inFeatures);
  check("dWeight", [inFeatures, outFeatures, batch], { a: xT, b: dy, init: zeros(dWeight.length) }, dWeight);
  const ones = zeros(batch).fill(1);
  check("dBias", [1, outFeatures, batch], { a: ones, b: dy, init: zeros(outFeatures) }, dBias);
}
