/** The optimizers that the visitor may choose: in a module of their own, which the page itself need not load. */
import { adam, adamW, type Optimizer, sgd } from "affine-wasm/nn";
import type { OptimizerName } from "./settings.ts";

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
