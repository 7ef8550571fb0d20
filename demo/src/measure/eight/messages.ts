/** What the page and the worker that compares eight bits with float32 say to each other. */
import type { Weights } from "../../train/messages.ts";
import type { Comparison } from "./figures.ts";

/** What it is asked, once: about the network in training; null: about one of its own. */
export interface Request {
  readonly weights: Weights | null;
}

export type Message =
  /** What it is at. */
  | { readonly kind: "status"; readonly text: string }
  | { readonly kind: "done"; readonly comparison: Comparison }
  | { readonly kind: "error"; readonly text: string };
