/** The update of a training run. */
import type { DType } from "../common/dtype.js";
import { NONE } from "../kernels/abi.js";
import type { Batches } from "./data.js";
import type { NetworkInternals } from "./internals.js";
import type { Loss } from "./losses.js";
import type { Optimizer } from "./optimizers.js";
import type { Run } from "./schedules.js";

/** What an update works on; a run has more. */
interface Prepared<D extends DType> {
  readonly caller: string;
  readonly network: NetworkInternals<D>;
  readonly loss: Loss;
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

  /** @param step counted from 0 */
  run(epoch: number, step: number, from: number, rows: number): void {
    const { caller, network, loss, batches, options } = this.#prepared;
    const { runtime, dtype, outFeatures, chain } = network;
    const kernels = runtime.kernels[dtype];
    const rate = options.optimizer.schedule(step, this.#run);
    if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY)) {
      throw new RangeError(
        `${caller}: the learning rate must be at least 0 and a finite number, got ${rate} at step ${step}`,
      );
    }
    batches.take(from, rows);
    const y = chain.forward(batches.x, rows);
    const { targets, labelled } = batches;
    this.learningRate = rate;
    this.correct = labelled ? kernels.countCorrect(rows, outFeatures, y, targets) : 0;
    this.loss = loss.part(kernels, rows, outFeatures, y, targets, labelled, rows, chain.dy);
    if (!Number.isFinite(this.loss)) throw divergence(caller, "loss", this.loss, epoch, step + 1);
    chain.backward(chain.dy, NONE, false);
    if (!options.optimizer.step(runtime, rate))
      throw divergence(caller, "norm of the gradient", Number.NaN, epoch, step + 1);
  }
}

function divergence(caller: string, what: string, value: number, epoch: number, step: number): Error {
  return new Error(
    `${caller}: the ${what} is ${value} at step ${step} (epoch ${epoch}); the weights are those from before it. A lower ` +
      "learning rate, clipNorm, or inputs near 1 in size may help; so may a look for NaN among the examples",
  );
}
