/** The loops over single elements, laid out as `Prepared` calls. */
import * as fc from "fast-check";
import { type DType, elementBytes } from "../../../src/common/dtype.js";
import { heap, kernels } from "../../support/raw.js";
import { Arena } from "./arena.js";
import { dtypes, type Prepared, seeds } from "./raw.js";
import { type Kind, operands } from "./values.js";

export interface Elementwise {
  readonly dtype: DType;
  readonly kernel: "maskGradient" | "axpy";
  readonly length: number;
  readonly kind: Kind;
  readonly seed: number;
}

export function elementwise(kinds: fc.Arbitrary<Kind>): fc.Arbitrary<Elementwise> {
  return fc.record({
    dtype: dtypes,
    kernel: fc.constantFrom("maskGradient", "axpy"),
    length: fc.integer({ min: 0, max: 40 }),
    kind: kinds,
    seed: seeds,
  });
}

/** Its operands: a is y of a mask and x of an update, b is dy of a mask and y of an update, alpha the last of init. */
export function prepareElementwise({ dtype, kernel, length, kind, seed }: Elementwise): Prepared {
  const size = elementBytes(dtype);
  const given = operands(dtype, kind, seed, 1, length + 1, length);
  const [first, second] = [given.a, given.init.slice(0, length)];
  const alpha = given.init[length] as number;
  const arena = new Arena(seed, 4 * (length + 16) * size + 1024);
  const [at, other, out] = [1, 5, 9].map((by) => arena.place(dtype, length, seed >>> by)) as [number, number, number];
  const mask = kernel === "maskGradient";
  heap.view(dtype, at, length).set(first);
  heap.view(dtype, other, length).set(second);
  const target = mask ? out : other;
  return {
    arena,
    operands: { a: first, b: second, init: given.init.slice(length) },
    written: { at: target, rows: 1, rowBytes: length * size, step: 0 },
    reset: () => {
      if (mask) heap.view(dtype, out, length).fill(Number.NaN);
      else heap.view(dtype, other, length).set(second);
    },
    run: (by = kernels) => {
      if (mask) by[dtype].maskGradient(length, at, other, out);
      else by[dtype].axpy(length, alpha, at, other);
    },
    result: () => heap.view(dtype, target, length).slice(),
  };
}

/** What it should give, as float64 computes it: exact for small whole numbers. */
export function expectedElementwise({ kernel }: Elementwise, { operands: { a, b, init } }: Prepared): number[] {
  const alpha = init[0] as number;
  return Array.from(b, (value, i) => {
    const other = a[i] as number;
    if (kernel === "maskGradient") return other <= 0 ? 0 : value;
    return value + alpha * other;
  });
}
