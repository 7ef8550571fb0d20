/**
 * The ABI: what a compiled binary exports, concrete names only, f32 and f64 of each. `src/abi.ts` is its TypeScript side,
 * and a test holds the two together. Pointers and strides are bytes; the equations stand with the generic functions.
 */
import { KC, MC, MR, NC, NV } from "./blocking";
import { columnSums } from "./colsum";
import { axpy, maskGradient } from "./elementwise";
import { gemm } from "./gemm";
import { SCRATCH_BYTES } from "./scratch";

/** Which build this is: 0 scalar, 1 simd, 2 relaxed, 3 wide. */
export const variant: i32 = isDefined(WIDE) ? 3 : ASC_FEATURE_RELAXED_SIMD ? 2 : ASC_FEATURE_SIMD ? 1 : 0;

/** What each call wants as its `scratch`. */
export const scratchBytes: i32 = <i32>SCRATCH_BYTES;

/** The sizes a product is cut by, so that tests can aim at their edges. */
export const mr: i32 = MR;
export const nrF32: i32 = NV * (ASC_FEATURE_SIMD ? 4 : 1);
export const nrF64: i32 = NV * (ASC_FEATURE_SIMD ? 2 : 1);
export const kc: i32 = KC;
export const mc: i32 = MC;
export const nc: i32 = NC;

export function gemmF32(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  rsa: usize,
  csa: usize,
  b: usize,
  rsb: usize,
  csb: usize,
  init: usize,
  rsi: usize,
  c: usize,
  rsc: usize,
  rectify: bool,
  scratch: usize,
): void {
  if (ASC_FEATURE_SIMD) gemm<f32, v128>(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch);
  else gemm<f32, f32>(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch);
}

export function gemmF64(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  rsa: usize,
  csa: usize,
  b: usize,
  rsb: usize,
  csb: usize,
  init: usize,
  rsi: usize,
  c: usize,
  rsc: usize,
  rectify: bool,
  scratch: usize,
): void {
  if (ASC_FEATURE_SIMD) gemm<f64, v128>(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch);
  else gemm<f64, f64>(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch);
}

export function columnSumsF32(m: i32, n: i32, src: usize, rs: usize, init: usize, out: usize, scratch: usize): void {
  if (ASC_FEATURE_SIMD) columnSums<f32, v128>(m, n, src, rs, init, out, scratch);
  else columnSums<f32, f32>(m, n, src, rs, init, out, scratch);
}

export function columnSumsF64(m: i32, n: i32, src: usize, rs: usize, init: usize, out: usize, scratch: usize): void {
  if (ASC_FEATURE_SIMD) columnSums<f64, v128>(m, n, src, rs, init, out, scratch);
  else columnSums<f64, f64>(m, n, src, rs, init, out, scratch);
}

export function maskGradientF32(length: i32, y: usize, dy: usize, out: usize): void {
  if (ASC_FEATURE_SIMD) maskGradient<f32, v128>(length, y, dy, out);
  else maskGradient<f32, f32>(length, y, dy, out);
}

export function maskGradientF64(length: i32, y: usize, dy: usize, out: usize): void {
  if (ASC_FEATURE_SIMD) maskGradient<f64, v128>(length, y, dy, out);
  else maskGradient<f64, f64>(length, y, dy, out);
}

export function axpyF32(length: i32, alpha: f32, x: usize, y: usize): void {
  if (ASC_FEATURE_SIMD) axpy<f32, v128>(length, alpha, x, y);
  else axpy<f32, f32>(length, alpha, x, y);
}

export function axpyF64(length: i32, alpha: f64, x: usize, y: usize): void {
  if (ASC_FEATURE_SIMD) axpy<f64, v128>(length, alpha, x, y);
  else axpy<f64, f64>(length, alpha, x, y);
}
