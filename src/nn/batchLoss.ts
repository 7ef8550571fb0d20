/** The loss of a batch that lies in the module's memory: by a ready loss, or by a function of the user's. */
import { kindOf } from "../common/check.js";
import { ARRAYS, type ArrayOf, type DType } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Batches } from "./batches.js";
import type { NetworkInternals } from "./internals.js";
import type { Loss, LossFunction } from "./losses.js";

/** Arrays of JavaScript's own for a batch. */
interface OwnArrays<D extends DType> {
  readonly y: ArrayOf<D>;
  readonly targets: ArrayOf<D> | Int32Array;
  readonly dy: ArrayOf<D>;
}

export class BatchLoss<D extends DType> {
  readonly #caller: string;
  readonly #network: NetworkInternals<D>;
  readonly #loss: Loss | LossFunction<D>;
  readonly #batches: Batches<D>;
  /** By the rows of a batch: there are two numbers of them, as the last batch may be smaller. */
  readonly #arrays = new Map<number, OwnArrays<D>>();

  constructor(caller: string, network: NetworkInternals<D>, loss: Loss | LossFunction<D>, batches: Batches<D>) {
    this.#caller = caller;
    this.#network = network;
    this.#loss = loss;
    this.#batches = batches;
  }

  /**
   * The share of the current batch, with its outputs at `y`, in the mean over examples that count `total`.
   *
   * @param dy where to put its gradient; NONE: nowhere
   * @throws TypeError for a function that returns no number, ReferenceError if it disposed the network
   */
  share(y: Pointer, rows: number, total: number, dy: Pointer): number {
    const { runtime, dtype, outFeatures } = this.#network;
    const loss = this.#loss;
    if (typeof loss === "function") return (this.#own(loss, y, rows, dy) * rows) / total;
    const { targets, labelled, weights } = this.#batches;
    return loss.part(runtime.kernels[dtype], rows, outFeatures, y, targets, labelled, weights, total, dy);
  }

  /** The mean over the batch. */
  #own(loss: LossFunction<D>, yAt: Pointer, rows: number, dyAt: Pointer): number {
    const { runtime, dtype, outFeatures, parameters, chain } = this.#network;
    const { heap } = runtime;
    const length = rows * outFeatures;
    const { y, targets, dy } = this.#arraysFor(rows);
    y.set(heap.view(dtype, yAt, length));
    const { targets: targetsAt, labelled } = this.#batches;
    targets.set(
      labelled ? new Int32Array(heap.buffer as ArrayBuffer, targetsAt, rows) : heap.view(dtype, targetsAt, length),
    );
    dy.fill(0);
    const { generation } = chain;
    const value = loss(y as never, targets as never, dy as never) as unknown;
    // It may have run anything.
    parameters.checkUsable(this.#caller);
    this.#batches.check();
    if (typeof value !== "number") {
      throw new TypeError(`${this.#caller}: the loss must return a number, got ${kindOf(value)}`);
    }
    if (dyAt === NONE) return value;
    if (chain.generation !== generation) {
      throw new Error(
        `${this.#caller}: the loss has run forward, or a fit, of the network that is being trained; predict may be run in it`,
      );
    }
    if (dy.length !== length) throw new TypeError(`${this.#caller}: the loss has transferred dy away`);
    heap.view(dtype, dyAt, length).set(dy);
    return value;
  }

  #arraysFor(rows: number): OwnArrays<D> {
    let arrays = this.#arrays.get(rows);
    const length = rows * this.#network.outFeatures;
    // One that was transferred away is made anew.
    if (!arrays || arrays.y.length !== length || arrays.dy.length !== length || arrays.targets.length === 0) {
      const make = () => new ARRAYS[this.#network.dtype](length) as ArrayOf<D>;
      arrays = { y: make(), targets: this.#batches.labelled ? new Int32Array(rows) : make(), dy: make() };
      this.#arrays.set(rows, arrays);
    }
    return arrays;
  }
}
