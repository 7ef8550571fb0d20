/** What the visitor may choose. */
export const OPTIMIZERS = ["sgd", "momentum", "adam", "adamW"] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export interface Settings {
  readonly hidden: number;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly threads: number;
}

/** Learning rates that suit each of them here. */
export const RATES: Record<OptimizerName, number> = { sgd: 0.1, momentum: 0.03, adam: 0.001, adamW: 0.001 };
