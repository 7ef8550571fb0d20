/** What is told of a network in float32 and in eight bits. */

/** Digits that are read at a time. */
export const BATCH = 1_000;

export interface Figures {
  /** Of the network in a file. */
  readonly bytes: number;
  /** Seconds of reading one digit, and `BATCH` of them. */
  readonly one: number;
  readonly batch: number;
  /** The part of the digits that is read right. */
  readonly right: number;
}

export interface Comparison {
  readonly digits: number;
  readonly float32: Figures;
  readonly eightBits: Figures;
  /** The part of the digits that both take for the same. */
  readonly same: number;
}
