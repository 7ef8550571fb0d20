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
import type { Pointer } from "./abi.js";
import type { Backend } from "./backend.js";
import { type DType, elementBytes } from "./dtype.js";

/** The sizes of a pass, in elements. */
export interface Shape {
  readonly batch: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** The pointer that stands for "none": no bias, no output wanted. */
export const NONE: Pointer = 0;

/** Y = act(X·W + Dup(b)). `bias` may be NONE. */
export function forwardPass(
  { kernels, scratch }: Backend,
  dtype: DType,
  { batch, inFeatures, outFeatures }: Shape,
  x: Pointer,
  weight: Pointer,
  bias: Pointer,
  y: Pointer,
  rectify: boolean,
): void {
  const size = elementBytes(dtype);
  const xRow = inFeatures * size;
  const yRow = outFeatures * size;
  kernels[dtype].gemm(
    batch,
    outFeatures,
    inFeatures,
    x,
    xRow,
    size,
    weight,
    yRow,
    size,
    bias,
    0,
    y,
    yRow,
    +rectify,
    scratch,
  );
}

/** dX = dY·Wᵀ, dW = Xᵀ·dY, db = column sums of dY: each where its pointer is not NONE. `accumulate` adds to dW and db. */
export function backwardPass(
  { kernels, scratch }: Backend,
  dtype: DType,
  { batch, inFeatures, outFeatures }: Shape,
  x: Pointer,
  weight: Pointer,
  dy: Pointer,
  dx: Pointer,
  dWeight: Pointer,
  dBias: Pointer,
  accumulate: boolean,
): void {
  const { gemm, columnSums } = kernels[dtype];
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
