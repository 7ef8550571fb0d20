/**
 * The passes of an affine layer as kernel calls: the one place where the layer's names meet the kernels'.
 *
 *     pass             equation                 m × n × k            A        B        C        starts from
 *     forward          Y  = act(X·W + Dup(b))   batch × out × in     X        W        Y        bias, or zeros
 *     input gradient   dX = dY·Wᵀ               batch × in × out     dY       Wᵀ       dX       zeros
 *     weight gradient  dW = Xᵀ·dY               in × out × batch     Xᵀ       dY       dW       zeros, or dW
 *     bias gradient    db = Σ_s dY[s]           column sums of dY                      db       zeros, or db
 *
 * All matrices are row-major, so the strides of an r × c matrix are (c, 1) elements, of its transpose (1, c).
 */

import { type DType, elementBytes } from "../common/dtype.js";
import type { Backend } from "../engine/backend.js";
import { NONE, type Pointer, type TypedKernels } from "../kernels/abi.js";

/** The sizes of a pass, in elements. */
export interface Shape {
  readonly batch: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** A pass: its sizes, and where its operands and results lie; NONE for one that is not there or not wanted. */
export interface Pass extends Shape {
  readonly x: Pointer;
  readonly weight: Pointer;
  readonly bias: Pointer;
  readonly y: Pointer;
  readonly dy: Pointer;
  readonly dx: Pointer;
  readonly dWeight: Pointer;
  readonly dBias: Pointer;
}

/** The names of the pointers of a pass. */
export type Operand = Exclude<keyof Pass, keyof Shape>;

/** A pass over the given shape that has no operands yet. */
export function emptyPass({ batch, inFeatures, outFeatures }: Shape): { -readonly [key in keyof Pass]: Pass[key] } {
  const nowhere = { x: NONE, weight: NONE, bias: NONE, y: NONE, dy: NONE, dx: NONE, dWeight: NONE, dBias: NONE };
  return { batch, inFeatures, outFeatures, ...nowhere };
}

/** With no columns, X tells nothing of the batch: the output does, or it is one row. */
export function batchOfNothing(out: { length: number } | null | undefined, outFeatures: number): number {
  return out && outFeatures > 0 ? Math.floor(out.length / outFeatures) : 1;
}

/** Y = act(X·W + Dup(b)). Reads x, weight and bias, writes y. */
export function forwardPass(backend: Backend, dtype: DType, pass: Pass, rectify: boolean): void {
  const { batch, inFeatures, outFeatures, x, weight, bias, y } = pass;
  const { scratch } = backend;
  const { gemm } = kernelsFor(backend, dtype, pass);
  const size = elementBytes(dtype);
  const xRow = inFeatures * size;
  const yRow = outFeatures * size;
  const act = rectify ? 1 : 0;
  gemm(batch, outFeatures, inFeatures, x, xRow, size, weight, yRow, size, bias, 0, y, yRow, act, scratch);
}

/** dX = dY·Wᵀ, dW = Xᵀ·dY, db = column sums of dY, each where it is wanted. `accumulate` adds to dW and db. */
export function backwardPass(backend: Backend, dtype: DType, pass: Pass, accumulate: boolean): void {
  const { batch, inFeatures, outFeatures, x, weight, dy, dx, dWeight, dBias } = pass;
  const { scratch } = backend;
  const { gemm, columnSums } = kernelsFor(backend, dtype, pass);
  const size = elementBytes(dtype);
  const xRow = inFeatures * size;
  const yRow = outFeatures * size;
  if (dx !== NONE) {
    gemm(batch, inFeatures, outFeatures, dy, yRow, size, weight, size, yRow, NONE, 0, dx, xRow, 0, scratch);
  }
  if (dWeight !== NONE) {
    const start = accumulate ? dWeight : NONE;
    gemm(inFeatures, outFeatures, batch, x, size, xRow, dy, yRow, size, start, yRow, dWeight, yRow, 0, scratch);
  }
  if (dBias !== NONE) columnSums(batch, outFeatures, dy, yRow, accumulate ? dBias : NONE, dBias, scratch);
}

/** Small products go straight to this thread's kernels: to ask whether they are shared takes a tenth of one of 1 × 16 × 16. */
function kernelsFor({ kernels, alone, least }: Backend, dtype: DType, shape: Shape): TypedKernels {
  const { batch, inFeatures, outFeatures } = shape;
  return (batch * inFeatures * outFeatures < least ? alone : kernels)[dtype];
}
