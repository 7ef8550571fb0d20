/** The sizes of a dense layer that are measured: those of `npm run bench`, and squares for the chart. */
import { SHAPES } from "./shapes.ts";

export interface Shape {
  readonly batch: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

export type Pass = "forward" | "backward";

export const PASSES: readonly Pass[] = ["forward", "backward"];

export const LAYERS: readonly Shape[] = SHAPES.map(({ batch, inFeatures, outFeatures }) => ({
  batch,
  inFeatures,
  outFeatures,
}));

export const SQUARES: readonly Shape[] = [16, 32, 64, 128, 256, 512, 1024].map((n) => ({
  batch: n,
  inFeatures: n,
  outFeatures: n,
}));

export function isSquare({ batch, inFeatures, outFeatures }: Shape): boolean {
  return batch === inFeatures && inFeatures === outFeatures;
}

/** "32×784×50". */
export function nameOf({ batch, inFeatures, outFeatures }: Shape): string {
  return `${batch}×${inFeatures}×${outFeatures}`;
}

/** @throws Error unless the text reads like 32x784x50 */
export function parseShape(text: string): Shape {
  const match = /^(\d+)[x×](\d+)[x×](\d+)$/.exec(text);
  if (!match) throw new Error(`--shape ${text}: expected batch x in x out, such as 32x784x50`);
  const [batch, inFeatures, outFeatures] = match.slice(1).map(Number) as [number, number, number];
  return { batch, inFeatures, outFeatures };
}

/**
 * Multiplications and additions of the products: one in a forward pass, two in a backward pass. The bias and its
 * gradient, a fraction 1/in or 1/batch of that, are computed but not counted.
 */
export function operations({ batch, inFeatures, outFeatures }: Shape, pass: Pass): number {
  return (pass === "forward" ? 2 : 4) * batch * inFeatures * outFeatures;
}
