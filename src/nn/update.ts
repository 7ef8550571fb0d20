/** The update of a training run. */
import type { DType } from "../common/dtype.js";
import { NONE } from "../kernels/abi.js";
import type { Batches } from "./batches.js";
import type { BatchLoss } from "./batchLoss.js";
import { countCorrect } from "./evaluate.js";
import type { NetworkInternals } from "./internals.js";
import type { Optimizer } from "./optimizer.js";
import { checkRate, type Run } from "./schedules.js";

/** What an update works on; a run has more. */
interface Prepared<D extends DType> {
  readonly caller: string;
  readonly network: NetworkInternals<D>;
  readonly loss: BatchLoss<D>;
  readonly batches: Batches<D>;
  readonly options: { readonly optimizer: Optimizer };
}

/** The update of a batch. It leaves nothing for the garbage collector. */
export class Update<D extends DType> {
  /** Before the update, on its batch. */
  loss = 0;
  correct = 0;
  learningRate = 0;
  readonly #prepared: Prepared<D>;
  readonly #run: Run;

  constructor(prepared: Prepared<D>, run: Run) {
    this.#prepared = prepared;
    this.#run = run;
  }

  /**
   * @param step counted from 0
   * @throws Error, with weights and masks as they were, if the loss is no longer finite, or what a loss of the user's throws
   */
  run(epoch: number, step: number, from: number, rows: number): void {
    const { network } = this.#prepared;
    const seen = network.masks.rows;
    try {
      this.#step(epoch, step, from, rows);
    } catch (error) {
      network.masks.rows = seen;
      throw error;
    }
  }

  #step(epoch: number, step: number, from: number, rows: number): void {
    const { caller, network, loss, batches, options } = this.#prepared;
    const { dtype, chain } = network;
    // Code of the caller's; from here to the end of the step, none runs but a loss of its own.
    const rate = options.optimizer.schedule(step, this.#run);
    checkRate(caller, rate, dtype, step);
    batches.take(from, rows);
    const y = chain.forward(caller, batches.x, rows);
    const { batchTotal } = batches;
    this.learningRate = rate;
    this.correct = countCorrect(network, batches, y, rows);
    this.loss = batchTotal === 0 ? 0 : loss.share(y, rows, batchTotal, chain.dy);
    if (!Number.isFinite(this.loss)) throw divergence(caller, "loss", this.loss, epoch, step + 1);
    // Examples that count nothing change nothing.
    if (batchTotal === 0) return;
    chain.backward(caller, chain.dy, NONE, false);
    if (!options.optimizer.update(caller, rate)) {
      throw divergence(caller, "norm of the gradient", Number.NaN, epoch, step + 1);
    }
  }
}

function divergence(caller: string, what: string, value: number, epoch: number, step: number): Error {
  return new Error(
    `${caller}: the ${what} is ${value} at step ${step} (epoch ${epoch}); the weights are those from before it. A lower ` +
      "learning rate, clipNorm, or inputs near 1 in size may help; so may a look for NaN among the examples",
  );
}
