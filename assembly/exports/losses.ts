/** The part of the ABI of nn.ts that softmax and the losses are. */
import { BinaryCrossEntropy, elementLoss, Huber, SquaredError } from "../nn/loss";
import { softmax, softmaxCrossEntropy, softmaxCrossEntropyTargets } from "../nn/softmax";

export function softmaxF32(rows: i32, columns: i32, z: usize, p: usize): void {
  softmax<f32, V32, V64>(rows, columns, z, p);
}

export function softmaxF64(rows: i32, columns: i32, z: usize, p: usize): void {
  softmax<f64, V64, V64>(rows, columns, z, p);
}

// biome-ignore format: operand by operand
export function softmaxCrossEntropyF32(
  rows: i32, columns: i32, z: usize, labels: usize, weights: usize,
  factor: f64, dz: usize,
): f64 {
  return softmaxCrossEntropy<f32, V32, V64>(rows, columns, z, labels, weights, factor, dz);
}

// biome-ignore format: operand by operand
export function softmaxCrossEntropyF64(
  rows: i32, columns: i32, z: usize, labels: usize, weights: usize,
  factor: f64, dz: usize,
): f64 {
  return softmaxCrossEntropy<f64, V64, V64>(rows, columns, z, labels, weights, factor, dz);
}

// biome-ignore format: operand by operand
export function softmaxCrossEntropyTargetsF32(
  rows: i32, columns: i32, z: usize, t: usize, weights: usize,
  factor: f64, dz: usize,
): f64 {
  return softmaxCrossEntropyTargets<f32, V32, V64>(rows, columns, z, t, weights, factor, dz);
}

// biome-ignore format: operand by operand
export function softmaxCrossEntropyTargetsF64(
  rows: i32, columns: i32, z: usize, t: usize, weights: usize,
  factor: f64, dz: usize,
): f64 {
  return softmaxCrossEntropyTargets<f64, V64, V64>(rows, columns, z, t, weights, factor, dz);
}

// biome-ignore format: operand by operand
export function squaredErrorF32(
  rows: i32, columns: i32, y: usize, t: usize, weights: usize,
  factor: f64, dy: usize,
): f64 {
  return elementLoss<f32, V32, V64, SquaredError>(rows, columns, y, t, weights, 0, factor, dy);
}

// biome-ignore format: operand by operand
export function squaredErrorF64(
  rows: i32, columns: i32, y: usize, t: usize, weights: usize,
  factor: f64, dy: usize,
): f64 {
  return elementLoss<f64, V64, V64, SquaredError>(rows, columns, y, t, weights, 0, factor, dy);
}

// biome-ignore format: operand by operand
export function binaryCrossEntropyWithLogitsF32(
  rows: i32, columns: i32, z: usize, t: usize, weights: usize,
  factor: f64, dz: usize,
): f64 {
  return elementLoss<f32, V32, V64, BinaryCrossEntropy>(rows, columns, z, t, weights, 0, factor, dz);
}

// biome-ignore format: operand by operand
export function binaryCrossEntropyWithLogitsF64(
  rows: i32, columns: i32, z: usize, t: usize, weights: usize,
  factor: f64, dz: usize,
): f64 {
  return elementLoss<f64, V64, V64, BinaryCrossEntropy>(rows, columns, z, t, weights, 0, factor, dz);
}

// biome-ignore format: operand by operand
export function huberF32(
  rows: i32, columns: i32, y: usize, t: usize, weights: usize,
  delta: f64, factor: f64, dy: usize,
): f64 {
  return elementLoss<f32, V32, V64, Huber>(rows, columns, y, t, weights, delta, factor, dy);
}

// biome-ignore format: operand by operand
export function huberF64(
  rows: i32, columns: i32, y: usize, t: usize, weights: usize,
  delta: f64, factor: f64, dy: usize,
): f64 {
  return elementLoss<f64, V64, V64, Huber>(rows, columns, y, t, weights, delta, factor, dy);
}
