/** The shapes that are measured, batch × inFeatures × outFeatures. */
import type { Shape } from "../../src/entries/index.js";

export const SHAPES: readonly (Shape & { readonly what: string })[] = [
  { batch: 1, inFeatures: 16, outFeatures: 16, what: "a tiny controller, one row" },
  { batch: 1, inFeatures: 64, outFeatures: 64, what: "a game agent, one row" },
  { batch: 1, inFeatures: 784, outFeatures: 50, what: "one digit" },
  { batch: 8, inFeatures: 64, outFeatures: 64, what: "a few agents" },
  { batch: 32, inFeatures: 784, outFeatures: 50, what: "a mini-batch of digits, ragged width" },
  { batch: 100, inFeatures: 784, outFeatures: 100, what: "a batch of digits" },
  { batch: 256, inFeatures: 512, outFeatures: 512, what: "a hidden layer" },
  { batch: 128, inFeatures: 1024, outFeatures: 4096, what: "a transformer's feed-forward layer" },
  { batch: 512, inFeatures: 1024, outFeatures: 1024, what: "a large hidden layer" },
];

/** Few rows and few columns, which the page leaves out. */
export const FEW_SHAPES: readonly (Shape & { readonly what: string })[] = [
  { batch: 2, inFeatures: 784, outFeatures: 100, what: "two digits" },
  { batch: 3, inFeatures: 784, outFeatures: 100, what: "three digits" },
  { batch: 1024, inFeatures: 64, outFeatures: 1, what: "a regression's last layer" },
  { batch: 1024, inFeatures: 64, outFeatures: 4, what: "an agent's last layer" },
  { batch: 1024, inFeatures: 256, outFeatures: 3, what: "three classes" },
  { batch: 32, inFeatures: 100, outFeatures: 10, what: "ten classes, a mini-batch" },
  { batch: 256, inFeatures: 100, outFeatures: 10, what: "ten classes" },
  { batch: 1024, inFeatures: 784, outFeatures: 10, what: "ten classes of digits" },
  { batch: 1024, inFeatures: 784, outFeatures: 100, what: "a large batch of digits" },
];

/** How cost grows: with the size of a square, and with the batch. */
export const SWEEP: readonly (Shape & { readonly what: string })[] = [
  ...[16, 32, 64, 128, 256, 512, 1024, 2048].map((n) => ({ batch: n, inFeatures: n, outFeatures: n, what: "square" })),
  ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map((n) => ({
    batch: n,
    inFeatures: 784,
    outFeatures: 100,
    what: "digits",
  })),
];

export function nameOf({ batch, inFeatures, outFeatures }: Shape): string {
  return `${batch}×${inFeatures}×${outFeatures}`;
}
