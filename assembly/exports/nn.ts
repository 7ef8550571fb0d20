/**
 * The ABI of the kernels beside the layer, a module of its own over the same memory: concrete names, f32 and f64 of each,
 * and the build's own vector type for either (V32, V64; sums are held in a V64). `src/kernels/nn/abi.ts` is its TypeScript
 * side and tells what each computes, and a test holds the two together.
 */
import { activate, activationGradient } from "../nn/activation";
import { binaryCrossEntropy, squaredError, sumOfSquares } from "../nn/loss";
import { adam, sgd } from "../nn/optimizer";
import { gather, hits } from "../nn/rows";
import { scale, softmax, softmaxCrossEntropy, softmaxCrossEntropyTargets } from "../nn/softmax";

/** Which build this is: 0 scalar, 1 simd. */
export const variant: i32 = ASC_FEATURE_SIMD ? 1 : 0;

export function gatherRows(rows: i32, bytes: usize, source: usize, indices: usize, out: usize): void {
  gather(rows, bytes, source, indices, out);
}

export function activateF32(kind: i32, length: i32, z: usize, y: usize, slope: f64): void {
  activate<f32, V32>(kind, length, z, y, slope);
}

export function activateF64(kind: i32, length: i32, z: usize, y: usize, slope: f64): void {
  activate<f64, V64>(kind, length, z, y, slope);
}

export function activationGradientF32(kind: i32, length: i32, from: usize, dy: usize, out: usize, slope: f64): void {
  activationGradient<f32, V32>(kind, length, from, dy, out, slope);
}

export function activationGradientF64(kind: i32, length: i32, from: usize, dy: usize, out: usize, slope: f64): void {
  activationGradient<f64, V64>(kind, length, from, dy, out, slope);
}

export function softmaxF32(rows: i32, columns: i32, z: usize, p: usize): void {
  softmax<f32, V32, V64>(rows, columns, z, p);
}

export function softmaxF64(rows: i32, columns: i32, z: usize, p: usize): void {
  softmax<f64, V64, V64>(rows, columns, z, p);
}

export function softmaxCrossEntropyF32(rows: i32, columns: i32, z: usize, labels: usize, factor: f64, dz: usize): f64 {
  return softmaxCrossEntropy<f32, V32, V64>(rows, columns, z, labels, factor, dz);
}

export function softmaxCrossEntropyF64(rows: i32, columns: i32, z: usize, labels: usize, factor: f64, dz: usize): f64 {
  return softmaxCrossEntropy<f64, V64, V64>(rows, columns, z, labels, factor, dz);
}

// biome-ignore format: operand by operand
export function softmaxCrossEntropyTargetsF32(
  rows: i32, columns: i32, z: usize, t: usize,
  factor: f64, dz: usize,
): f64 {
  return softmaxCrossEntropyTargets<f32, V32, V64>(rows, columns, z, t, factor, dz);
}

// biome-ignore format: operand by operand
export function softmaxCrossEntropyTargetsF64(
  rows: i32, columns: i32, z: usize, t: usize,
  factor: f64, dz: usize,
): f64 {
  return softmaxCrossEntropyTargets<f64, V64, V64>(rows, columns, z, t, factor, dz);
}

export function squaredErrorF32(length: i32, y: usize, t: usize, factor: f64, dy: usize): f64 {
  return squaredError<f32, V32, V64>(length, y, t, factor, dy);
}

export function squaredErrorF64(length: i32, y: usize, t: usize, factor: f64, dy: usize): f64 {
  return squaredError<f64, V64, V64>(length, y, t, factor, dy);
}

export function binaryCrossEntropyWithLogitsF32(length: i32, z: usize, t: usize, factor: f64, dz: usize): f64 {
  return binaryCrossEntropy<f32, V32, V64>(length, z, t, factor, dz);
}

export function binaryCrossEntropyWithLogitsF64(length: i32, z: usize, t: usize, factor: f64, dz: usize): f64 {
  return binaryCrossEntropy<f64, V64, V64>(length, z, t, factor, dz);
}

export function countHitsF32(rows: i32, columns: i32, z: usize, labels: usize): i32 {
  return hits<f32>(rows, columns, z, labels);
}

export function countHitsF64(rows: i32, columns: i32, z: usize, labels: usize): i32 {
  return hits<f64>(rows, columns, z, labels);
}

// biome-ignore format: operand by operand
export function sgdF32(
  length: i32, w: usize, g: usize, v: usize,
  rate: f64, momentum: f64, decay: f64, nesterov: bool,
): void {
  sgd<f32, V32>(length, w, g, v, rate, momentum, decay, nesterov);
}

// biome-ignore format: operand by operand
export function sgdF64(
  length: i32, w: usize, g: usize, v: usize,
  rate: f64, momentum: f64, decay: f64, nesterov: bool,
): void {
  sgd<f64, V64>(length, w, g, v, rate, momentum, decay, nesterov);
}

// biome-ignore format: operand by operand
export function adamF32(
  length: i32, w: usize, g: usize, m: usize, v: usize,
  rate: f64, beta1: f64, beta2: f64, epsilon: f64, decay: f64, decoupled: bool,
  correction1: f64, correction2: f64,
): void {
  adam<f32, V32>(length, w, g, m, v, rate, beta1, beta2, epsilon, decay, decoupled, correction1, correction2);
}

// biome-ignore format: operand by operand
export function adamF64(
  length: i32, w: usize, g: usize, m: usize, v: usize,
  rate: f64, beta1: f64, beta2: f64, epsilon: f64, decay: f64, decoupled: bool,
  correction1: f64, correction2: f64,
): void {
  adam<f64, V64>(length, w, g, m, v, rate, beta1, beta2, epsilon, decay, decoupled, correction1, correction2);
}

export function sumOfSquaresF32(length: i32, x: usize): f64 {
  return sumOfSquares<f32, V32, V64>(length, x);
}

export function sumOfSquaresF64(length: i32, x: usize): f64 {
  return sumOfSquares<f64, V64, V64>(length, x);
}

export function scaleF32(length: i32, factor: f64, x: usize): void {
  scale<f32, V32>(length, factor, x);
}

export function scaleF64(length: i32, factor: f64, x: usize): void {
  scale<f64, V64>(length, factor, x);
}
