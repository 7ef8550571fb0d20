/** What the page and the training worker say to each other. */
import type { Settings } from "./settings.ts";

export type Request =
  /** Begins, goes on, or goes on with other settings; another network only after a "reset". */
  { readonly kind: "run"; readonly settings: Settings } | { readonly kind: "pause" } | { readonly kind: "reset" };

/** The parameters of both layers, as the network holds them. */
export interface Weights {
  readonly hidden: number;
  readonly layers: readonly { readonly weight: Float32Array<ArrayBuffer>; readonly bias: Float32Array<ArrayBuffer> }[];
}

/** The means over the digits trained since the last one. */
export interface Progress {
  /** How often all digits have been gone through, with its fraction. */
  readonly epochs: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
  /** Those that computed. */
  readonly threads: number;
  /** On the 10,000 test digits, at the end of an epoch. */
  readonly test?: number;
}

export type Reply =
  | { readonly kind: "loading"; readonly part: number }
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "weights"; readonly weights: Weights }
  | { readonly kind: "done" }
  /** After a "reset": whatever comes now is of another network. */
  | { readonly kind: "forgotten" }
  | { readonly kind: "error"; readonly text: string };
