/** Gradients that are too large together. */
import type { Target } from "./target.js";

/** As PyTorch's clip_grad_norm_, over all that is trained; false if the norm is not finite. */
export function clip(targets: readonly Target[], most: number): boolean {
  let squares = 0;
  for (const { kernels, runs } of targets) {
    for (const { length, gradients } of runs) squares += kernels.sumOfSquares(length, gradients);
  }
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(norm)) return false;
  const factor = most / (norm + 1e-6);
  if (factor >= 1) return true;
  for (const { kernels, runs } of targets) {
    for (const { length, gradients } of runs) kernels.scale(length, factor, gradients);
  }
  return true;
}
