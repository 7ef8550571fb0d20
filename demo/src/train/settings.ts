/** What the visitor may choose. */
import { adam, adamW, type Optimizer, sgd } from "affine-wasm/nn";

export const OPTIMIZERS = ["sgd", "momentum", "adam", "adamW"] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export interface Settings {
  readonly hidden: number;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly batchSize: number;
}

/** Learning rates that suit each of them here. */
export const RATES: Record<OptimizerName, number> = { sgd: 0.1, momentum: 0.03, adam: 0.001, adamW: 0.001 };

/** An optimizer whose learning rate can be changed while it runs. */
export function optimizerOf(name: OptimizerName, learningRate: () => number): Optimizer {
  switch (name) {
    case "sgd":
      return sgd({ learningRate });
    case "momentum":
      return sgd({ learningRate, momentum: 0.9 });
    case "adam":
      return adam({ learningRate });
    case "adamW":
      return adamW({ learningRate, weightDecay: 0.01 });
  }
}
