/** The update of a training run. */
import { kindOf } from "../common/check.js";
import type { DType } from "../common/dtype.js";
import { NONE } from "../kernels/abi.js";
import type { Batches } from "./batches.js";
import type { NetworkInternals } from "./internals.js";
import type { Loss } from "./losses.js";
import type { Optimizer } from "./optimizer.js";
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
    // Code of the caller's; from here to the end of the step, none runs.
    const rate = options.optimizer.schedule(step, this.#run);
    checkRate(caller, rate, dtype, step);
    batches.take(from, rows);
    const y = chain.forward(caller, batches.x, rows);
    const { targets, labelled } = batches;
    this.learningRate = rate;
    this.correct = labelled ? kernels.countCorrect(rows, outFeatures, y, targets) : 0;
    this.loss = loss.part(kernels, rows, outFeatures, y, targets, labelled, rows, chain.dy);
    if (!Number.isFinite(this.loss)) throw divergence(caller, "loss", this.loss, epoch, step + 1);
    chain.backward(caller, chain.dy, NONE, false);
    if (!options.optimizer.step(caller, runtime, rate))
      throw divergence(caller, "norm of the gradient", Number.NaN, epoch, step + 1);
  }
}

function checkRate(caller: string, rate: unknown, dtype: DType, step: number): asserts rate is number {
  if (typeof rate !== "number") {
    throw new TypeError(`${caller}: the learning rate must be a number, got ${kindOf(rate)} at step ${step}`);
  }
  const rounded = dtype === "float32" ? Math.fround(rate) : rate;
  if (!(rounded >= 0 && rounded < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `${caller}: the learning rate must be at least 0 and finite in ${dtype}, got ${rate} at step ${step}`,
    );
  }
}

function divergence(caller: string, what: string, value: number, epoch: number, step: number): Error {
  return new Error(
    `${caller}: the ${what} is ${value} at step ${step} (epoch ${epoch}); the weights are those from before it. A lower ` +
      "learning rate, clipNorm, or inputs near 1 in size may help; so may a look for NaN among the examples",
  );
}
