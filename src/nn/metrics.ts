/** What is known of a training run as it goes on. */
import type { Evaluation } from "./evaluate.js";

/** What is known after an epoch, or a batch. */
export interface FitMetrics extends Evaluation {
  /** From 1. */
  readonly epoch: number;
  /** Updates done in the run. */
  readonly step: number;
  /** Of the last update. */
  readonly learningRate: number;
  /** After the epoch, on the examples given as `validation`. */
  readonly validation?: Evaluation;
}

/** The metrics of every epoch. */
export type History = readonly FitMetrics[];
