/**
 * The ABI of the layer's kernels: concrete names, f32 and f64 of each, and the build's own vector type for either (V32, V64).
 * `src/kernels/abi.ts` is its TypeScript side, and a test holds the two together. Pointers and strides are bytes; the
 * equations stand with the generic functions.
 */
import { KC_BYTES, MC, MR, NC, NV } from "../gemm/blocking";
import { columnSums } from "../gemm/colsum";
import { axpy, maskGradient } from "../gemm/elementwise";
import { gemm } from "../gemm/gemm";
import { SCRATCH_BYTES } from "../gemm/scratch";
import { uniform } from "../gemm/uniform";

/** Which build this is: 0 scalar, 1 simd, 2 relaxed, 3 wide. */
export const variant: i32 = isDefined(WIDE) ? 3 : ASC_FEATURE_RELAXED_SIMD ? 2 : ASC_FEATURE_SIMD ? 1 : 0;

/** What each call wants as its `scratch`. */
export const scratchBytes: i32 = <i32>SCRATCH_BYTES;

/** The sizes a product is cut by, so that tests can aim at their edges; `kc` is that of f32, twice that of f64. */
export const mr: i32 = MR;
export const nrF32: i32 = NV * <i32>(sizeof<V32>() / sizeof<f32>());
export const nrF64: i32 = NV * <i32>(sizeof<V64>() / sizeof<f64>());
export const kc: i32 = KC_BYTES / 4;
export const mc: i32 = MC;
export const nc: i32 = NC;

// biome-ignore format: operand by operand
export function gemmF32(
  m: i32, n: i32, k: i32,
  a: usize, rsa: usize, csa: usize,
  b: usize, rsb: usize, csb: usize,
  init: usize, rsi: usize,
  c: usize, rsc: usize,
  rectify: bool, scratch: usize,
): void {
  gemm<f32, V32>(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch);
}

// biome-ignore format: operand by operand
export function gemmF64(
  m: i32, n: i32, k: i32,
  a: usize, rsa: usize, csa: usize,
  b: usize, rsb: usize, csb: usize,
  init: usize, rsi: usize,
  c: usize, rsc: usize,
  rectify: bool, scratch: usize,
): void {
  gemm<f64, V64>(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch);
}

export function columnSumsF32(m: i32, n: i32, src: usize, rs: usize, init: usize, out: usize, scratch: usize): void {
  columnSums<f32, V32>(m, n, src, rs, init, out, scratch);
}

export function columnSumsF64(m: i32, n: i32, src: usize, rs: usize, init: usize, out: usize, scratch: usize): void {
  columnSums<f64, V64>(m, n, src, rs, init, out, scratch);
}

export function maskGradientF32(length: i32, y: usize, dy: usize, out: usize): void {
  maskGradient<f32, V32>(length, y, dy, out);
}

export function maskGradientF64(length: i32, y: usize, dy: usize, out: usize): void {
  maskGradient<f64, V64>(length, y, dy, out);
}

export function axpyF32(length: i32, alpha: f32, x: usize, y: usize): void {
  axpy<f32, V32>(length, alpha, x, y);
}

export function axpyF64(length: i32, alpha: f64, x: usize, y: usize): void {
  axpy<f64, V64>(length, alpha, x, y);
}

export function uniformF32(length: i32, state: u32, limit: f64, out: usize): u32 {
  return uniform<f32>(length, state, limit, out);
}

export function uniformF64(length: i32, state: u32, limit: f64, out: usize): u32 {
  return uniform<f64>(length, state, limit, out);
}
