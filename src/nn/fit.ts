/** A training run: what `fit` returns. */
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

/**
 * A training run. It starts by itself; `await fit` waits for its end and gives the metrics of all epochs. Iterated where
 * `fit` was called, it instead trains an epoch whenever the loop asks for one, so that nothing changes between two:
 *
 * ```ts
 * for await (const { epoch, loss } of net.fit(examples, options)) if (loss < 0.01) break;
 * ```
 */
export class Fit implements Promise<History>, AsyncIterable<FitMetrics> {
  readonly #epochs: AsyncGenerator<FitMetrics, void>;
  readonly #history: FitMetrics[] = [];
  #end: Promise<History> | null = null;
  #iterated = false;

  /** @internal Users call `net.fit(…)`. */
  constructor(epochs: AsyncGenerator<FitMetrics, void>) {
    this.#epochs = this.#recorded(epochs);
    queueMicrotask(() => {
      if (!this.#iterated) this.#finish();
    });
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<A = History, B = never>(
    fulfilled?: ((history: History) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#finish().then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<History | B> {
    return this.#finish().catch(rejected);
  }

  finally(settled?: (() => void) | null): Promise<History> {
    return this.#finish().finally(settled);
  }

  [Symbol.asyncIterator](): AsyncGenerator<FitMetrics, void> {
    if (this.#end) throw new Error("fit: it runs by itself already; iterate where fit is called");
    this.#iterated = true;
    return this.#epochs;
  }

  get [Symbol.toStringTag](): string {
    return "Fit";
  }

  #finish(): Promise<History> {
    this.#end ??= this.#drain();
    return this.#end;
  }

  async #drain(): Promise<History> {
    for await (const _ of this.#epochs);
    return this.#history;
  }

  async *#recorded(epochs: AsyncGenerator<FitMetrics, void>): AsyncGenerator<FitMetrics, void> {
    for await (const metrics of epochs) {
      this.#history.push(metrics);
      yield metrics;
    }
  }
}
