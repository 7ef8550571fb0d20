/**
 * The product of TensorFlow.js, `C = act( op(A)·op(B) + bias )` for each matrix of a batch, as kernel calls. `op` is a
 * transpose or nothing; batches broadcast as NumPy's `matmul` does.
 */
import { type Kernels, NONE, type Pointer } from "../kernels/abi.js";

const FLOAT = Float32Array.BYTES_PER_ELEMENT;

/** A product of tensors of these shapes: the sizes of its matrices, and its batch. */
export interface Product {
  /** Of C: the batch, m, n. */
  readonly shape: number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** How many matrices C has, and which one of A and of B each is made of. */
  readonly matrices: number;
  readonly matrixOfA: (matrix: number) => number;
  readonly matrixOfB: (matrix: number) => number;
}

/** Where the operands lie; `bias` is NONE or a row of n. */
export interface Operands {
  readonly a: Pointer;
  readonly b: Pointer;
  readonly bias: Pointer;
  readonly c: Pointer;
}

/** The product of an `a`-shaped with a `b`-shaped tensor, or undefined if they do not fit. */
export function productOf(a: number[], b: number[], transposeA: boolean, transposeB: boolean): Product | undefined {
  if (a.length < 2 || b.length < 2) return undefined;
  const [aRows, aColumns] = a.slice(-2) as [number, number];
  const [bRows, bColumns] = b.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [bK, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  const aBatch = a.slice(0, -2);
  const bBatch = b.slice(0, -2);
  const batch = broadcast(aBatch, bBatch);
  if (k !== bK || !batch) return undefined;
  const matrices = sizeOf(batch);
  // One B for all rows of a batch that lie one after the other: these are one tall matrix.
  const tall = matrices > 1 && !transposeA && sizeOf(bBatch) === 1;
  return {
    shape: [...batch, m, n],
    m: tall ? m * matrices : m,
    n,
    k,
    transposeA,
    transposeB,
    matrices: tall ? 1 : matrices,
    matrixOfA: (matrix) => indexIn(aBatch, matrix, batch),
    matrixOfB: (matrix) => indexIn(bBatch, matrix, batch),
  };
}

/** How many elements a tensor has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** Computes a product; `rectify` is the activation max(0, x). C must not overlap the others. */
export function multiply(kernels: Kernels, scratch: Pointer, product: Product, at: Operands, rectify: boolean): void {
  const { m, n, k, transposeA, transposeB, matrices } = product;
  const [rsa, csa] = transposeA ? [FLOAT, FLOAT * m] : [FLOAT * k, FLOAT];
  const [rsb, csb] = transposeB ? [FLOAT, FLOAT * k] : [FLOAT * n, FLOAT];
  for (let i = 0; i < matrices; i++) {
    const a = at.a + FLOAT * m * k * product.matrixOfA(i);
    const b = at.b + FLOAT * k * n * product.matrixOfB(i);
    const c = at.c + FLOAT * m * n * i;
    kernels.gemmF32(m, n, k, a, rsa, csa, b, rsb, csb, at.bias || NONE, 0, c, FLOAT * n, rectify ? 1 : 0, scratch);
  }
}

/** The shape that both broadcast to, aligned at their ends, or undefined. */
function broadcast(a: number[], b: number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let fromEnd = rank; fromEnd > 0; fromEnd--) {
    const [lengthA, lengthB] = [a.at(-fromEnd) ?? 1, b.at(-fromEnd) ?? 1];
    if (lengthA !== lengthB && lengthA !== 1 && lengthB !== 1) return undefined;
    shape.push(lengthA === 1 ? lengthB : lengthA);
  }
  return shape;
}

/** The index in a tensor of shape `own` that index `i` of the shape it is broadcast to reads. */
function indexIn(own: number[], i: number, shape: number[]): number {
  let index = 0;
  let step = 1;
  let rest = i;
  for (let fromEnd = 1; fromEnd <= own.length; fromEnd++) {
    const length = shape.at(-fromEnd) as number;
    const ownLength = own.at(-fromEnd) as number;
    if (ownLength !== 1) index += (rest % length) * step;
    rest = Math.floor(rest / length);
    step *= ownLength;
  }
  return index;
}
