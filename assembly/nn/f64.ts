/** The exports over f64. `src/nn/abi.ts` tells what each computes. */
import { activate, activationGradient } from "./activation";
import { binaryCrossEntropy, squaredError, sumOfSquares } from "./loss";
import { adam, sgd } from "./optimizer";
import { hits } from "./rows";
import { scale, softmax, softmaxCrossEntropy, softmaxCrossEntropyTargets } from "./softmax";

export function activateF64(kind: i32, length: i32, z: usize, y: usize, slope: f64): void {
  activate<f64>(kind, length, z, y, slope);
}

export function activationGradientF64(kind: i32, length: i32, from: usize, dy: usize, out: usize, slope: f64): void {
  activationGradient<f64>(kind, length, from, dy, out, slope);
}

export function softmaxF64(rows: i32, columns: i32, z: usize, p: usize): void {
  softmax<f64>(rows, columns, z, p);
}

export function softmaxCrossEntropyF64(rows: i32, columns: i32, z: usize, labels: usize, factor: f64, dz: usize): f64 {
  return softmaxCrossEntropy<f64>(rows, columns, z, labels, factor, dz);
}

export function softmaxCrossEntropyTargetsF64(
  rows: i32,
  columns: i32,
  z: usize,
  t: usize,
  factor: f64,
  dz: usize,
): f64 {
  return softmaxCrossEntropyTargets<f64>(rows, columns, z, t, factor, dz);
}

export function squaredErrorF64(length: i32, y: usize, t: usize, factor: f64, dy: usize): f64 {
  return squaredError<f64>(length, y, t, factor, dy);
}

export function binaryCrossEntropyWithLogitsF64(length: i32, z: usize, t: usize, factor: f64, dz: usize): f64 {
  return binaryCrossEntropy<f64>(length, z, t, factor, dz);
}

export function countHitsF64(rows: i32, columns: i32, z: usize, labels: usize): i32 {
  return hits<f64>(rows, columns, z, labels);
}

export function sgdF64(
  length: i32,
  w: usize,
  g: usize,
  v: usize,
  rate: f64,
  momentum: f64,
  decay: f64,
  nesterov: bool,
): void {
  sgd<f64>(length, w, g, v, rate, momentum, decay, nesterov);
}

export function adamF64(
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
  adam<f64>(length, w, g, m, v, rate, beta1, beta2, epsilon, decay, decoupled, correction1, correction2);
}

export function sumOfSquaresF64(length: i32, x: usize): f64 {
  return sumOfSquares<f64>(length, x);
}

export function scaleF64(length: i32, factor: f64, x: usize): void {
  scale<f64>(length, factor, x);
}
