/** Passes through the public functions: operands in the caller's memory or the module's, at any offset, with canaries. */
import { backward, type FloatArray, forward, type Shape, type Tensor, tensor } from "affine-wasm";
import * as fc from "fast-check";
import { expect } from "vitest";
import { ARRAYS, type ArrayOf, type DType } from "../../../src/common/dtype.js";
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

type Name = "x" | "weight" | "bias" | "dy" | "y" | "dx" | "dWeight" | "dBias";
const NAMES: readonly Name[] = ["x", "weight", "bias", "dy", "y", "dx", "dWeight", "dBias"];

/** Operands and results of a pass, held; one of them `longer` than its shape says, which may be negative. */
function hold({ dtype, shape, inside, kind, seed }: Pass, odd?: Name, longer = 0): Record<Name, Held> {
  const { batch, inFeatures, outFeatures } = shape;
  const forth = operands(dtype, kind, seed, batch, outFeatures, inFeatures);
  const back = operands(dtype, kind, seed + 1, inFeatures, outFeatures, batch);
  const bias = operands(dtype, kind, seed + 2, 1, outFeatures, 0).init;
  const values = {
    x: forth.a,
    weight: forth.b,
    bias,
    dy: back.b,
    y: forth.init,
    dx: forth.a,
    dWeight: forth.b,
    dBias: bias,
  };
  const held = (name: Name, i: number) => {
    const right = values[name].length;
    const length = name === odd ? right + (right === 0 ? 1 : longer) : right;
    const given = new ARRAYS[dtype](length);
    given.set(values[name].subarray(0, length));
    return new Held(dtype, length, i < 4 ? given : null, inside[i] as boolean, (seed >>> (2 * i)) & 3);
  };
  return Object.fromEntries(NAMES.map((name, i) => [name, held(name, i)])) as Record<Name, Held>;
}

function callForward({ x, weight, bias, y }: Record<Name, Held>, shape: Shape, biased: boolean): void {
  const given = { x: x.array, weight: weight.array, bias: biased ? bias.array : null };
  forward<FloatArray>(given, shape, y.array);
}

function callBackward({ x, weight, dy, dx, dWeight, dBias }: Record<Name, Held>, shape: Shape): void {
  const outputs = { dx: dx.array, dWeight: dWeight.array, dBias: dBias.array };
  backward<FloatArray>({ x: x.array, weight: weight.array, dy: dy.array }, shape, outputs);
}

/** The results of a pass, as copies, and what they were computed from. */
export type Outcome = Readonly<Record<Exclude<Name, "bias">, FloatArray>> & { readonly bias: FloatArray | null };

/** Runs both functions on held operands; `intact`: then looks whether inputs and canaries are as they were. */
export function runPass(pass: Pass, intact = false): Outcome {
  const held = hold(pass);
  try {
    callForward(held, pass.shape, pass.bias);
    callBackward(held, pass.shape);
    if (intact) for (const name of NAMES) held[name].expectIntact(name);
    const copies = Object.fromEntries(NAMES.map((name) => [name, held[name].array.slice()]));
    return { ...copies, bias: pass.bias ? copies.bias : null } as Outcome;
  } finally {
    for (const name of NAMES) held[name].dispose();
  }
}

/** Holds the functions to refuse one array that is longer or shorter than its shape, with nothing written. */
export function checkWrongLength(pass: Pass, which: number, longer: number): void {
  const name = NAMES[which] as Name;
  const held = hold(pass, name, longer);
  const wrong = () => {
    const forth = ["bias", "y"].includes(name) || (pass.bias && ["x", "weight"].includes(name));
    if (forth) callForward(held, pass.shape, true);
    else callBackward(held, pass.shape);
  };
  try {
    expect(wrong, `${name}, ${longer} longer`).toThrow(RangeError);
    for (const each of NAMES) {
      held[each].expectIntact(each);
      if (NAMES.indexOf(each) >= 4) expect([...held[each].array].every(Number.isNaN), `${each} unwritten`).toBe(true);
    }
  } finally {
    for (const each of NAMES) held[each].dispose();
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
