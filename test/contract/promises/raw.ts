/** Kernel calls on raw memory: operands of any layout and alignment, laid out side by side with canaries between them. */
import * as fc from "fast-check";
import { type DType, elementBytes, type FloatArray } from "../../../src/common/dtype.js";
import { DTYPES } from "../../support/cases.js";
import { exports, heap, kernels, scratch } from "../../support/raw.js";
import { Arena, type Written } from "./arena.js";
import { finiteKinds, type Kind, type Operands, operands } from "./values.js";

/** A product as a kernel takes it. Offsets, steps and gaps are in elements. */
export interface Product {
  readonly dtype: DType;
  /** m, n, k. */
  readonly sizes: readonly [number, number, number];
  readonly a: Layout;
  readonly b: Layout;
  /** Elements by which rows of C are further apart than they are long. */
  readonly gap: number;
  readonly start: "zeros" | "row" | "matrix" | "accumulate";
  readonly rectify: boolean;
  readonly kind: Kind;
  readonly seed: number;
}

export interface Layout {
  readonly transposed: boolean;
  /** Elements from one to the next along a row of memory. */
  readonly step: number;
  readonly gap: number;
}

const { mr, nrF32, nrF64, kc, mc, nc } = exports;
const EDGES = [mr, nrF32, nrF64].flatMap(({ value }) => [value, 2 * value, 4 * value, 8 * value]);
const FAR_EDGES = [kc.value, mc.value, nc.value, 2 * kc.value];

const small = fc.integer({ min: 0, max: 20 });
const near = (edges: readonly number[]) =>
  fc.tuple(fc.constantFrom(...edges), fc.integer({ min: -1, max: 1 })).map(([edge, by]) => Math.max(0, edge + by));
const tiny = fc.integer({ min: 1, max: 4 });
const severalTiles = fc.integer({ min: mr.value + 1, max: 2 * mr.value + 3 });

/**
 * Three sizes: small, zero among them; one of them 1; one near an edge of a tile; one near a block's, the others tiny;
 * several blocks of k of several tiles, which one after the other use the same scratch memory.
 */
export const threeSizes: fc.Arbitrary<[number, number, number]> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(small, small, small) },
  { weight: 4, arbitrary: turned(fc.tuple(fc.constant(1), small, small)) },
  { weight: 5, arbitrary: turned(fc.tuple(near(EDGES), small, small)) },
  { weight: 2, arbitrary: turned(fc.tuple(near(EDGES), near([mr.value, nrF32.value]), tiny)) },
  { weight: 2, arbitrary: turned(fc.tuple(near(FAR_EDGES), tiny, tiny)) },
  { weight: 1, arbitrary: fc.tuple(severalTiles, severalTiles, near([kc.value, 2 * kc.value])) },
);

/** Each size in each place. */
function turned(sizes: fc.Arbitrary<[number, number, number]>): fc.Arbitrary<[number, number, number]> {
  return fc
    .tuple(sizes, fc.integer({ min: 0, max: 2 }))
    .map(([[x, y, z], by]) => [[x, y, z] as const, [z, x, y] as const, [y, z, x] as const][by] as never);
}

/** Rows far enough apart that B is packed, now and then. */
const gaps = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(0, 0, 1, 3, 8) },
  { weight: 1, arbitrary: fc.constantFrom(513, 300) },
);
const layouts: fc.Arbitrary<Layout> = fc.record({
  transposed: fc.boolean(),
  step: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: fc.constantFrom(2, 3) }),
  gap: gaps,
});

export const seeds: fc.Arbitrary<number> = fc.integer();
export const dtypes: fc.Arbitrary<DType> = fc.constantFrom(...DTYPES);

export function products(kinds: fc.Arbitrary<Kind> = finiteKinds): fc.Arbitrary<Product> {
  return fc.record({
    dtype: dtypes,
    sizes: threeSizes,
    a: layouts,
    b: layouts,
    gap: fc.constantFrom(0, 0, 1, 3),
    start: fc.constantFrom("zeros", "row", "matrix", "accumulate"),
    rectify: fc.boolean(),
    kind: kinds,
    seed: seeds,
  });
}

/** Columns of numbers to be summed: a product with a row of ones. */
export interface Columns {
  readonly dtype: DType;
  readonly sizes: readonly [number, number];
  readonly gap: number;
  readonly accumulate: boolean;
  readonly kind: Kind;
  readonly seed: number;
}

export function columns(kinds: fc.Arbitrary<Kind> = finiteKinds): fc.Arbitrary<Columns> {
  return fc.record({
    dtype: dtypes,
    sizes: threeSizes.map(([m, n]) => [m, n] as [number, number]),
    gap: gaps,
    accumulate: fc.boolean(),
    kind: kinds,
    seed: seeds,
  });
}

/** A call that is ready to be made, as often as one likes. */
export interface Prepared {
  readonly arena: Arena;
  /** What goes in: A, B and the starting values, row-major. */
  readonly operands: Operands;
  readonly written: Written;
  /** Puts the output back to its starting values, or NaN. */
  reset(): void;
  run(by?: typeof kernels): void;
  /** The elements of the output, row-major. */
  result(): FloatArray;
}

/** The output of a call that is made from fresh starting values. */
export function outputOf({ arena, reset, run, result }: Prepared): FloatArray {
  reset();
  run();
  const output = result();
  arena.free();
  return output;
}

/** Lays the operands of a product out in memory. */
export function prepare(product: Product): Prepared {
  const { dtype, sizes, a, b, gap, start, rectify, kind, seed } = product;
  const [m, n, k] = sizes;
  const size = elementBytes(dtype);
  const given = operands(dtype, kind, seed, m, n, k);
  if (start === "zeros") given.init.fill(0);
  if (start === "row") for (let i = 1; i < m; i++) given.init.copyWithin(i * n, 0, n);
  const [la, lb] = [stridesOf(a, m, k), stridesOf(b, k, n)];
  const rsc = n + gap;
  const arena = new Arena(seed, (la.length + lb.length + 2 * m * rsc) * size + 16 * 64);
  const alignment = (by: number) => seed >>> by;
  const atA = arena.place(dtype, la.length, alignment(1));
  const atB = arena.place(dtype, lb.length, alignment(5));
  const atC = arena.place(dtype, m === 0 ? 0 : m * rsc - gap, alignment(9));
  const initRows = start === "matrix" ? m : start === "row" ? Math.min(m, 1) : 0;
  const atInit = arena.place(dtype, initRows * n, alignment(13));
  const scatter = (values: FloatArray, rows: number, row: number, at: number, rs: number, cs: number) => {
    const memory = heap.view(dtype, 0, heap.buffer.byteLength / size);
    for (let i = 0, from = 0; i < rows; i++)
      for (let j = 0, to = at / size + i * rs; j < row; j++, to += cs) memory[to] = values[from++] as number;
  };
  scatter(given.a, m, k, atA, la.rs, la.cs);
  scatter(given.b, k, n, atB, lb.rs, lb.cs);
  scatter(given.init, initRows, n, atInit, n, 1);
  const initAt = { zeros: 0, row: atInit, matrix: atInit, accumulate: atC }[start];
  const rsi = { zeros: 0, row: 0, matrix: n * size, accumulate: rsc * size }[start];
  const [opA, opB] = [
    [atA, la.rs * size, la.cs * size],
    [atB, lb.rs * size, lb.cs * size],
  ] as [[number, number, number], [number, number, number]];
  const nothing = given.init.slice().fill(Number.NaN);
  return {
    arena,
    operands: given,
    written: { at: atC, rows: m, rowBytes: n * size, step: rsc * size },
    reset: () => scatter(start === "accumulate" ? given.init : nothing, m, n, atC, rsc, 1),
    run: (by = kernels) =>
      by[dtype].gemm(m, n, k, ...opA, ...opB, initAt, rsi, atC, rsc * size, rectify ? 1 : 0, scratch),
    result: () => rowsOf(dtype, atC, m, n, rsc),
  };
}

/** Lays the operands of column sums out in memory. */
export function prepareColumns({ dtype, sizes: [m, n], gap, accumulate, kind, seed }: Columns): Prepared {
  const size = elementBytes(dtype);
  const given = operands(dtype, kind, seed, 1, n, m);
  given.a.fill(1);
  if (!accumulate) given.init.fill(0);
  const rs = n + gap;
  const arena = new Arena(seed, (m * rs + n) * size + 8 * 64);
  const atB = arena.place(dtype, m === 0 ? 0 : m * rs - gap, seed >>> 1);
  const at = arena.place(dtype, n, seed >>> 5);
  for (let s = 0; s < m; s++) heap.view(dtype, atB + s * rs * size, n).set(given.b.subarray(s * n, (s + 1) * n));
  return {
    arena,
    operands: given,
    written: { at, rows: 1, rowBytes: n * size, step: 0 },
    reset: () => {
      const out = heap.view(dtype, at, n);
      if (accumulate) out.set(given.init);
      else out.fill(Number.NaN);
    },
    run: (by = kernels) => by[dtype].columnSums(m, n, atB, rs * size, accumulate ? at : 0, at, scratch),
    result: () => heap.view(dtype, at, n).slice(),
  };
}

function stridesOf({ transposed, step, gap }: Layout, rows: number, row: number) {
  const [across, along] = transposed ? [row, rows] : [rows, row];
  const far = along * step + gap;
  const length = across === 0 || along === 0 ? 0 : (across - 1) * far + (along - 1) * step + 1;
  return { rs: transposed ? step : far, cs: transposed ? far : step, length };
}

function rowsOf(dtype: DType, at: number, m: number, n: number, rs: number): FloatArray {
  const size = elementBytes(dtype);
  const result = dtype === "float32" ? new Float32Array(m * n) : new Float64Array(m * n);
  for (let i = 0; i < m; i++) result.set(heap.view(dtype, at + i * rs * size, n), i * n);
  return result;
}

/** Fills the scratch memory with NaN: nothing of what lay there may reach a result. */
export function poisonScratch(): void {
  new Uint8Array(heap.buffer, scratch, exports.scratchBytes.value).fill(0xff);
}
