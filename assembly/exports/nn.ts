/**
 * The ABI of the kernels beside the layer, a module of its own over the same memory: concrete names, f32 and f64 of each,
 * and the build's own vector type for either (V32, V64; sums are held in a V64). `src/kernels/nn/abi.ts` is its TypeScript
 * side and tells what each computes, and a test holds the two together.
 */
import { activate, activationGradient } from "../nn/activation";
import { dropout } from "../nn/dropout";
import { layerNorm, layerNormGradient } from "../nn/layerNorm";
import { sumOfSquares } from "../nn/loss";
import { adam, sgd } from "../nn/optimizer";
import { copy, countCorrect, countCorrectSides, countCorrectTargets, gather } from "../nn/rows";
import { scale } from "../nn/softmax";
import { tile } from "../nn/tile";

export * from "./losses";

/** Which build this is: 0 scalar, 1 simd. */
export const variant: i32 = ASC_FEATURE_SIMD ? 1 : 0;

export function gatherRows(rows: i32, bytes: usize, source: usize, indices: usize, out: usize): void {
  gather(rows, bytes, source, indices, out);
}

export function copyBytes(bytes: usize, source: usize, out: usize): void {
  copy(bytes, source, out);
}

export function activateF32(kind: i32, length: i32, z: usize, y: usize, parameter: f64): void {
  activate<f32, V32>(kind, length, z, y, parameter);
}

export function activateF64(kind: i32, length: i32, z: usize, y: usize, parameter: f64): void {
  activate<f64, V64>(kind, length, z, y, parameter);
}

export function activationGradientF32(
  kind: i32,
  length: i32,
  from: usize,
  dy: usize,
  out: usize,
  parameter: f64,
): void {
  activationGradient<f32, V32>(kind, length, from, dy, out, parameter);
}

export function activationGradientF64(
  kind: i32,
  length: i32,
  from: usize,
  dy: usize,
  out: usize,
  parameter: f64,
): void {
  activationGradient<f64, V64>(kind, length, from, dy, out, parameter);
}

// biome-ignore format: operand by operand
export function layerNormF32(
  rows: i32, columns: i32, x: usize, weight: usize, bias: usize,
  epsilon: f64, y: usize, stats: usize,
): void {
  layerNorm<f32, V32, V64>(rows, columns, x, weight, bias, epsilon, y, stats);
}

// biome-ignore format: operand by operand
export function layerNormGradientF32(
  rows: i32, columns: i32, x: usize, weight: usize, dy: usize, stats: usize,
  dx: usize, dWeight: usize, dBias: usize, accumulate: bool,
): void {
  layerNormGradient<f32, V32, V64>(rows, columns, x, weight, dy, stats, dx, dWeight, dBias, accumulate);
}

// biome-ignore format: operand by operand
export function dropoutF32(
  rows: i32, columns: i32, x: usize,
  seed: u32, row: f64, floor: u32, factor: f64, y: usize,
): void {
  dropout<f32, V32>(rows, columns, x, seed, row, floor, factor, y);
}

// biome-ignore format: operand by operand
export function layerNormF64(
  rows: i32, columns: i32, x: usize, weight: usize, bias: usize,
  epsilon: f64, y: usize, stats: usize,
): void {
  layerNorm<f64, V64, V64>(rows, columns, x, weight, bias, epsilon, y, stats);
}

// biome-ignore format: operand by operand
export function layerNormGradientF64(
  rows: i32, columns: i32, x: usize, weight: usize, dy: usize, stats: usize,
  dx: usize, dWeight: usize, dBias: usize, accumulate: bool,
): void {
  layerNormGradient<f64, V64, V64>(rows, columns, x, weight, dy, stats, dx, dWeight, dBias, accumulate);
}

// biome-ignore format: operand by operand
export function dropoutF64(
  rows: i32, columns: i32, x: usize,
  seed: u32, row: f64, floor: u32, factor: f64, y: usize,
): void {
  dropout<f64, V64>(rows, columns, x, seed, row, floor, factor, y);
}

export function countCorrectF32(rows: i32, columns: i32, z: usize, labels: usize): i32 {
  return countCorrect<f32>(rows, columns, z, labels);
}

export function countCorrectTargetsF32(rows: i32, columns: i32, z: usize, t: usize): i32 {
  return countCorrectTargets<f32>(rows, columns, z, t);
}

export function countCorrectSidesF32(length: i32, z: usize, t: usize): i32 {
  return countCorrectSides<f32>(length, z, t);
}

export function countCorrectF64(rows: i32, columns: i32, z: usize, labels: usize): i32 {
  return countCorrect<f64>(rows, columns, z, labels);
}

export function countCorrectTargetsF64(rows: i32, columns: i32, z: usize, t: usize): i32 {
  return countCorrectTargets<f64>(rows, columns, z, t);
}

export function countCorrectSidesF64(length: i32, z: usize, t: usize): i32 {
  return countCorrectSides<f64>(length, z, t);
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

// biome-ignore format: operand by operand
export function tileF32(
  op: i32, length: i32, p: usize, q: usize, r: usize, s: usize,
  a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64,
  gate: usize, scratch: usize,
): void {
  tile<f32, V32>(op, length, p, q, r, s, a, b, c, d, e, f, g, gate, scratch);
}

// biome-ignore format: operand by operand
export function tileF64(
  op: i32, length: i32, p: usize, q: usize, r: usize, s: usize,
  a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64,
  gate: usize, scratch: usize,
): void {
  tile<f64, V64>(op, length, p, q, r, s, a, b, c, d, e, f, g, gate, scratch);
}
