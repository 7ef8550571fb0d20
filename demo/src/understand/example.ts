/** A layer small enough to be seen whole, and its gradients against central differences. */
import { backward, forward } from "affine-wasm";

export const SHAPE = { batch: 3, inFeatures: 4, outFeatures: 2 };

/** What the visitor edits: X, W, b, and the loss's gradient dY. */
export interface Operands {
  readonly x: Float64Array;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  readonly dy: Float64Array;
}

/** What follows from it. */
export interface Results {
  readonly y: Float64Array;
  readonly dx: Float64Array;
  readonly dWeight: Float64Array;
  readonly dBias: Float64Array;
}

export type Name = keyof Operands | keyof Results;

export function startingOperands(): Operands {
  return {
    x: Float64Array.of(1, 0, 0.5, -1, 0, 1, -0.5, 2, 1.5, -1, 1, 0),
    weight: Float64Array.of(0.5, -1, 1, 0.5, -0.5, 1, 0.25, 0),
    bias: Float64Array.of(0.1, -0.2),
    dy: Float64Array.of(1, -0.5, 0.2, 0.4, -1, 0.3),
  };
}

export function compute({ x, weight, bias, dy }: Operands): Results {
  return { y: forward({ x, weight, bias }, SHAPE), ...backward({ x, weight, dy }, SHAPE) };
}

/** The layer's gradient of one operand beside the one that differences give. */
export interface Check {
  readonly of: "x" | "weight" | "bias";
  readonly count: number;
  /** The largest |analytic − numeric|. */
  readonly error: number;
  /** Whether that is rounding, and no more. */
  readonly passes: boolean;
}

const EPS = 1e-3;

/**
 * The gradients of L = Σ dY∘Y, whose gradient with respect to Y is dY, against (L(p + ε) − L(p − ε)) / 2ε. L is linear in
 * every single number, so that only rounding separates the two.
 */
export function gradientChecks(operands: Operands, results: Results): Check[] {
  const loss = () => {
    const y = forward(operands, SHAPE);
    return operands.dy.reduce((sum, gradient, i) => sum + gradient * (y[i] as number), 0);
  };
  const scale = Math.max(1, ...Object.values(operands).flatMap((values) => Array.from(values, Math.abs)));
  const pairs = [
    ["x", results.dx],
    ["weight", results.dWeight],
    ["bias", results.dBias],
  ] as const;
  return pairs.map(([of, analytic]) => {
    const values = operands[of];
    let error = 0;
    for (const [i, value] of values.entries()) {
      values[i] = value + EPS;
      const up = loss();
      values[i] = value - EPS;
      const numeric = (up - loss()) / (2 * EPS);
      values[i] = value;
      error = Math.max(error, Math.abs(numeric - (analytic[i] as number)));
    }
    return { of, count: values.length, error, passes: error <= 1e-9 * scale ** 3 };
  });
}
