/** What the random matrices hold: every kind of number that a promise could break on. */
import * as fc from "fast-check";
import { ARRAYS, type ArrayOf, type DType, type FloatArray } from "../../../src/common/dtype.js";

/**
 * - `unit`: uniform in [-1, 1)
 * - `integers`: whole numbers from -8 to 8, whose sums are exact
 * - `spread`: exponents anywhere in the element's range, a's far from b's so that most products stay inside it
 * - `anywhere`: exponents anywhere, a's and b's alike: products overflow and underflow
 * - `subnormal`: products around the smallest number
 * - `cancelling`: neighbouring products nearly cancel
 * - `special`: small whole numbers with NaN and infinities among them
 */
export const KINDS = ["unit", "integers", "spread", "anywhere", "subnormal", "cancelling", "special"] as const;
export type Kind = (typeof KINDS)[number];

/** Kinds of finite numbers, for arithmetic that rounds. */
export const finiteKinds: fc.Arbitrary<Kind> = fc.constantFrom("unit", "spread", "anywhere", "subnormal", "cancelling");

/** Exponents of the smallest and of the largest number. */
const EXPONENTS = { float32: [-149, 127], float64: [-1074, 1023] } as const;

/** Uniform 32-bit integers, the same for the same seed. Source: Steele and Vigna's splitmix32. */
export function bitsFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

/** Logical matrices A m × k and B k × n and a starting value for each element of m × n, all row-major. */
export interface Operands<A extends FloatArray = FloatArray> {
  readonly a: A;
  readonly b: A;
  readonly init: A;
}

/** Fills the operands of a product. */
export function operands<D extends DType>(
  dtype: D,
  kind: Kind,
  seed: number,
  m: number,
  n: number,
  k: number,
): Operands<ArrayOf<D>> {
  const bits = bitsFrom(seed);
  const unit = () => bits() / 2 ** 31 - 1;
  const below = (length: number) => Math.floor((bits() / 2 ** 32) * length);
  const a = new ARRAYS[dtype](m * k) as ArrayOf<D>;
  const b = new ARRAYS[dtype](k * n) as ArrayOf<D>;
  const init = new ARRAYS[dtype](m * n) as ArrayOf<D>;
  const [least, most] = EXPONENTS[dtype];
  /** ±1.x · 2^e with e in [low, high], made in two steps since 2^-1074 times 1.x would lose its digits. */
  const scaled = (low: number, high: number) => {
    const e = low + below(high - low + 1);
    const half = Math.trunc(e / 2);
    return (1 + Math.abs(unit())) * 2 ** half * 2 ** (e - half) * (bits() & 1 ? 1 : -1);
  };
  const fill = (array: FloatArray, value: (i: number) => number) => {
    for (let i = 0; i < array.length; i++) array[i] = value(i);
  };
  const fillAll = (ofA: () => number, ofB: () => number, ofInit: () => number) => {
    fill(a, ofA);
    fill(b, ofB);
    fill(init, ofInit);
  };
  const whole = () => below(17) - 8;

  if (kind === "unit") fillAll(unit, unit, unit);
  else if (kind === "integers") fillAll(whole, whole, whole);
  else if (kind === "anywhere") {
    const any = () => scaled(least, most - 1);
    fillAll(any, any, any);
  } else if (kind === "spread") {
    const width = 1 + below(12);
    const of = below(most - least - 2 * width) + least + width;
    // The other factor brings products to somewhere in the range, if its own range goes that far.
    const wanted = below(most - 30 - least) + least;
    const other = Math.max(least + width, Math.min(most - width - 1, wanted - of));
    const sum = Math.max(least, Math.min(most - 30, of + other));
    fillAll(
      () => scaled(of - width, of + width),
      () => scaled(other - width, other + width),
      () => scaled(sum, Math.min(most - 20, sum + width)),
    );
  } else if (kind === "subnormal") {
    const of = below(2) === 0 ? Math.trunc(least / 2) : least;
    const other = least - of;
    fillAll(
      () => scaled(of, of + 12),
      () => scaled(other - 3, other + 6),
      () => scaled(least, least + 6),
    );
  } else if (kind === "cancelling") {
    const tiny = dtype === "float32" ? 2 ** -22 : 2 ** -51;
    fill(a, (i) => ((i % k) % 2 === 1 ? -(a[i - 1] as number) * (1 + tiny * below(3)) : unit()));
    fill(b, (i) => (Math.floor(i / n) % 2 === 1 ? (b[i - n] as number) : unit()));
    fill(init, () => unit() * tiny);
  } else {
    const rare = () => {
      const which = below(24);
      if (which > 2) return below(3) === 0 ? 0 : whole();
      return [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][which] as number;
    };
    fillAll(rare, rare, rare);
  }
  return { a, b, init };
}
