/** How a round of training is shared out: by gradients, or by weights. */
import { checkChoice, checkCount, checkFields, kindOf } from "../common/check.js";
import { Optimizer } from "../nn/optimizer.js";
import type { AdamOptions, SgdOptions } from "../nn/optimizerOptions.js";
import { adam, adamW, sgd } from "../nn/optimizers.js";

/** An optimizer as plain data, which can travel: its name and its options, the learning rate a number. */
export type OptimizerDescription =
  | ({ readonly name: "sgd" } & Omit<SgdOptions, "learningRate"> & { readonly learningRate: number })
  | ({ readonly name: "adam" | "adamW" } & Omit<AdamOptions, "learningRate"> & { readonly learningRate: number });

export interface SynchronousOptions {
  /** Examples of an update, over all shards: a multiple of their number. */
  batchSize: number;
  /** Updates the network, on the machine that calls `roundsOnQueue`. */
  optimizer: Optimizer;
}

export interface AveragingOptions {
  /** Updates that a worker does in a round. */
  steps: number;
  /** Examples of each. Default 32. */
  batchSize?: number | undefined;
  /** The worker's. It starts anew in every round: workers keep nothing between two. */
  optimizer: OptimizerDescription;
  /**
   * What is done with the mean of the workers' changes, as if it were a gradient. Default `sgd({ learningRate: 1 })`, which
   * takes the mean of their weights; DiLoCo (Douillard et al., 2023) takes
   * `sgd({ learningRate: 0.7, momentum: 0.9, nesterov: true })`.
   */
  outer?: Optimizer | undefined;
}

/** What travels of a mode, in every job. */
export type ModeDescription =
  | { readonly kind: "synchronous"; readonly batchSize: number }
  | {
      readonly kind: "averaging";
      readonly steps: number;
      readonly batchSize: number;
      readonly optimizer: OptimizerDescription;
    };

/** What `synchronous` and `averaging` return. */
export interface Mode {
  /** @internal */
  readonly description: ModeDescription;
  /** @internal Takes the gradient, or the mean change, of a round. */
  readonly optimizer: Optimizer;
}

const MAKERS = { sgd, adam, adamW } as const;

/**
 * Every worker computes the gradient of its shard of one batch; the gradients are added in the order of the shards, for one
 * update. The same bits whatever the number of workers and whoever dies.
 *
 * @throws TypeError, RangeError for a bad option
 */
export function synchronous(options: SynchronousOptions): Mode {
  checkFields("synchronous", "options", options, ["batchSize", "optimizer"]);
  const { batchSize, optimizer } = options;
  checkCount("synchronous", "batchSize", batchSize);
  checkOptimizer("synchronous", "optimizer", optimizer);
  return Object.freeze({ description: { kind: "synchronous" as const, batchSize }, optimizer });
}

/**
 * Every worker trains by itself for some steps, from the same weights; then their changes are averaged (local SGD, federated
 * averaging: McMahan et al., AISTATS 2017). As exact as `synchronous`, and rarely on the network.
 *
 * @throws TypeError, RangeError for a bad option
 */
export function averaging(options: AveragingOptions): Mode {
  checkFields("averaging", "options", options, ["steps", "batchSize", "optimizer", "outer"]);
  const { steps, batchSize = 32, optimizer, outer = sgd({ learningRate: 1 }) } = options;
  checkCount("averaging", "steps", steps);
  checkCount("averaging", "batchSize", batchSize);
  checkOptimizer("averaging", "outer", outer);
  // Made and thrown away: its options are checked here, where they were written.
  makeOptimizer("averaging", optimizer).dispose();
  return Object.freeze({
    description: { kind: "averaging" as const, steps, batchSize, optimizer: Object.freeze({ ...optimizer }) },
    optimizer: outer,
  });
}

/** @throws TypeError, RangeError for a name or an option that there is not */
export function makeOptimizer(caller: string, description: OptimizerDescription): Optimizer {
  if (description instanceof Optimizer || typeof description !== "object" || description === null) {
    throw new TypeError(
      `${caller}: optimizer must be a description, such as { name: "sgd", learningRate: 0.1 }, got ${kindOf(description)}`,
    );
  }
  const { name, ...options } = description;
  checkChoice(caller, "optimizer.name", name, Object.keys(MAKERS) as (keyof typeof MAKERS)[]);
  if (typeof options.learningRate !== "number") {
    throw new TypeError(
      `${caller}: optimizer.learningRate must be a number, got ${kindOf(options.learningRate)}: a function cannot travel`,
    );
  }
  return MAKERS[name](options);
}

function checkOptimizer(caller: string, name: string, value: unknown): void {
  if (!(value instanceof Optimizer)) {
    throw new TypeError(
      `${caller}: ${name} must be an optimizer, such as sgd({ learningRate: 0.1 }), got ${kindOf(value)}`,
    );
  }
}
