/**
 * The ABI of the quantized kernels: a module of its own, over the same memory as those of the layer.
 * `src/kernels/quantized/abi.ts` is its TypeScript side and tells what each computes, and a test holds the two together.
 */
import { STEP_BYTES } from "../lanes/integer";
import * as inputs from "../quantized/inputs";
import * as product from "../quantized/multiply";
import * as weights from "../quantized/weights";

/** Which build this is: 0 scalar, 1 simd, 2 relaxed. */
export const variant: i32 = ASC_FEATURE_RELAXED_SIMD ? 2 : ASC_FEATURE_SIMD ? 1 : 0;

export const scratchBytes: i32 = <i32>product.SCRATCH_BYTES;
export const rangeBytes: i32 = <i32>inputs.RANGE_BYTES;

export function inputBytes(m: i32, k: i32): usize {
  return <usize>m * <usize>inputs.stepsOf(k) * STEP_BYTES;
}

export function weightBytes(n: i32, k: i32): usize {
  return <usize>weights.panelsOf<VI>(n) * weights.panelBytes<VI>(k);
}

export function packWeights(n: i32, k: i32, values: usize, scales: usize, bias: usize, panels: usize): void {
  weights.packWeights<VI>(n, k, values, scales, bias, panels);
}

export function unpackWeights(n: i32, k: i32, panels: usize, values: usize, scales: usize, bias: usize): void {
  weights.unpackWeights<VI>(n, k, panels, values, scales, bias);
}

export function quantizeRows(m: i32, k: i32, x: usize, panels: usize, ranges: usize): void {
  inputs.quantizeRows<V32>(m, k, x, panels, ranges);
}

// biome-ignore format: operand by operand
export function multiply(
  m: i32, n: i32, k: i32,
  x: usize, ranges: usize,
  w: usize,
  y: usize, rectify: bool, scratch: usize,
): void {
  product.multiply<VI, V32>(m, n, k, x, ranges, w, y, rectify, scratch);
}
