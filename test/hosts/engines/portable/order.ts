/** What a page or a worker is told to run, and what it answers. Both are sent as JSON. */
import type { Variant } from "../../../../src/kernels/abi.js";

export interface Order {
  readonly variant: Variant;
  /** What the environment variables are under Node. */
  readonly settings: Readonly<Record<string, string>>;
  /** The texts of the files of outside cases, by name. */
  readonly conformance: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly passed: number;
  readonly skipped: number;
  /** A line for each test that failed. */
  readonly failures: readonly string[];
}

/** What the bundle leaves on `globalThis`. */
export interface Suite {
  /** The variant that the library picks by itself. */
  readonly defaultVariant: () => Promise<Variant>;
  /** The variants that this engine can run. */
  readonly runnable: () => Promise<readonly Variant[]>;
  /** Runs every test file. Once in a lifetime: a library that has started stays started. */
  readonly run: (order: Order) => Promise<Outcome>;
}
