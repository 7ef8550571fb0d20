/** The exports over f32. `src/nn/abi.ts` tells what each computes. */
import { activate, activationGradient } from "./activation";
import { binaryCrossEntropy, squaredError, sumOfSquares } from "./loss";
import { adam, sgd } from "./optimizer";
import { hits } from "./rows";
import { scale, softmax, softmaxCrossEntropy, softmaxCrossEntropyTargets } from "./softmax";

export function activateF32(kind: i32, length: i32, z: usize, y: usize, slope: f64): void {
  activate<f32>(kind, length, z, y, slope);
}

export function activationGradientF32(kind: i32, length: i32, from: usize, dy: usize, out: usize, slope: f64): void {
  activationGradient<f32>(kind, length, from, dy, out, slope);
}

export function softmaxF32(rows: i32, columns: i32, z: usize, p: usize): void {
  softmax<f32>(rows, columns, z, p);
}

export function softmaxCrossEntropyF32(rows: i32, columns: i32, z: usize, labels: usize, factor: f64, dz: usize): f64 {
  return softmaxCrossEntropy<f32>(rows, columns, z, labels, factor, dz);
}

export function softmaxCrossEntropyTargetsF32(
  rows: i32,
  columns: i32,
  z: usize,
  t: usize,
  factor: f64,
  dz: usize,
): f64 {
  return softmaxCrossEntropyTargets<f32>(rows, columns, z, t, factor, dz);
}

export function squaredErrorF32(length: i32, y: usize, t: usize, factor: f64, dy: usize): f64 {
  return squaredError<f32>(length, y, t, factor, dy);
}

export function binaryCrossEntropyWithLogitsF32(length: i32, z: usize, t: usize, factor: f64, dz: usize): f64 {
  return binaryCrossEntropy<f32>(length, z, t, factor, dz);
}

export function countHitsF32(rows: i32, columns: i32, z: usize, labels: usize): i32 {
  return hits<f32>(rows, columns, z, labels);
}

export function sgdF32(
  length: i32,
  w: usize,
  g: usize,
  v: usize,
  rate: f64,
  momentum: f64,
  decay: f64,
  nesterov: bool,
): void {
  sgd<f32>(length, w, g, v, rate, momentum, decay, nesterov);
}

export function adamF32(
  length: i32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  rate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  decay: f64,
  decoupled: bool,
  correction1: f64,
  correction2: f64,
): void {
  adam<f32>(length, w, g, m, v, rate, beta1, beta2, epsilon, decay, decoupled, correction1, correction2);
}

export function sumOfSquaresF32(length: i32, x: usize): f64 {
  return sumOfSquares<f32>(length, x);
}

export function scaleF32(length: i32, factor: f64, x: usize): void {
  scale<f32>(length, factor, x);
}
