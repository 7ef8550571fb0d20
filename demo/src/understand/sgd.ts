/** One step of gradient descent on a batch, against the same rows taken one at a time. */
import { backward, forward } from "affine-wasm";
import { compute, type Operands, SHAPE } from "./example.ts";

/** At one learning rate: how far the batched step moves W and b, and how far the two ways end up apart. */
export interface Drift {
  readonly rate: number;
  readonly moved: number;
  readonly apart: number;
}

/**
 * The loss is L = ½ ‖Y − T‖², with the targets T = Y − dY: its gradient at the start is the given dY. To first order in
 * the learning rate η both ways take the same step; they differ by O(η²), as later rows see the weights of earlier ones.
 */
export function driftOf(operands: Operands, rate: number): Drift {
  const { y, dWeight, dBias } = compute(operands);
  const targets = y.map((value, i) => value - (operands.dy[i] as number));
  const batched = { weight: operands.weight.slice(), bias: operands.bias.slice() };
  step(batched, { dWeight, dBias }, rate);

  const single = { weight: operands.weight.slice(), bias: operands.bias.slice() };
  const row = { ...SHAPE, batch: 1 };
  for (let s = 0; s < SHAPE.batch; s++) {
    const x = operands.x.slice(s * SHAPE.inFeatures, (s + 1) * SHAPE.inFeatures);
    const dy = forward({ x, ...single }, row).map((value, j) => value - (targets[s * SHAPE.outFeatures + j] as number));
    step(single, backward({ x, weight: single.weight, dy }, row), rate);
  }
  return { rate, moved: distance(batched, operands), apart: distance(batched, single) };
}

interface Parameters {
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

function step(to: Parameters, by: { dWeight: Float64Array; dBias: Float64Array }, rate: number): void {
  for (const [i, gradient] of by.dWeight.entries()) to.weight[i] = (to.weight[i] as number) - rate * gradient;
  for (const [j, gradient] of by.dBias.entries()) to.bias[j] = (to.bias[j] as number) - rate * gradient;
}

/** The Euclidean norm of the difference. */
function distance(a: Parameters, b: Parameters): number {
  const squares = (p: Float64Array, q: Float64Array) => p.map((value, i) => (value - (q[i] as number)) ** 2);
  const all = [...squares(a.weight, b.weight), ...squares(a.bias, b.bias)];
  return Math.sqrt(all.reduce((sum, square) => sum + square, 0));
}
