/** The order of examples, and their way into a network, batch by batch. */

import { type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { subseed, uniform } from "../common/random.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Borrowed } from "../memory/borrowed.js";
import { Indices } from "../memory/indices.js";
import { Tensor } from "../memory/tensor.js";
import type { CheckedExamples, Metric } from "./data.js";
import type { NetworkSizes } from "./internals.js";
import type { Runtime } from "./runtime.js";

/** The numbers below `order.length`, in an order that depends on the seed and the epoch alone: Fisher and Yates. */
export function shuffle(order: Int32Array, seed: number, epoch: number): void {
  for (let i = 0; i < order.length; i++) order[i] = i;
  const random = uniform(subseed(seed, epoch));
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const value = order[i] as number;
    order[i] = order[j] as number;
    order[j] = value;
  }
}

/**
 * The rows of a matrix, batch by batch. What lies in the module's memory is used in place, or gathered there; rows of an
 * array of the caller's own are copied in.
 */
export class Rows<D extends DType> {
  readonly #array: Borrowed<D>;
  readonly #columns: number;
  readonly #runtime: Runtime;
  readonly #rowBytes: number;
  /** Where a batch is put together; null if every batch lies where it is used. */
  readonly #buffer: Tensor<D> | null;

  constructor(
    caller: string,
    runtime: Runtime,
    dtype: D,
    array: Borrowed<D>,
    columns: number,
    batch: number,
    ordered: boolean,
  ) {
    this.#array = array;
    this.#columns = columns;
    this.#runtime = runtime;
    this.#rowBytes = columns * elementBytes(dtype);
    this.#buffer = array.place !== NONE && ordered ? null : new Tensor(runtime.heap, batch * columns, dtype, caller);
  }

  /** @throws ReferenceError, TypeError if the matrix is gone by now */
  check(caller: string): void {
    this.#array.check(caller);
  }

  /**
   * Where `rows` rows lie: those from row `from`, or those that `order` names from there.
   * @throws ReferenceError, TypeError if the matrix is gone by now
   */
  take(caller: string, order: Indices | null, from: number, rows: number): Pointer {
    this.#array.check(caller);
    const { place, view } = this.#array;
    const columns = this.#columns;
    if (!this.#buffer) return place + from * this.#rowBytes;
    const at = this.#buffer.pointer;
    if (place !== NONE) {
      const indices = (order as Indices).pointer + from * Int32Array.BYTES_PER_ELEMENT;
      this.#runtime.gatherRows(rows, this.#rowBytes, place, indices, at);
      return at;
    }
    const batch = this.#buffer.data;
    if (!order) {
      batch.set(view.subarray(from * columns, (from + rows) * columns));
      return at;
    }
    const indices = order.data;
    for (let i = 0; i < rows; i++) copyRow(view, indices[from + i] as number, batch, i, columns);
    return at;
  }

  dispose(): void {
    this.#buffer?.dispose();
  }
}

/** Below this many columns a loop is faster than `set`, which needs a view of the row. */
const SHORT_ROW = 32;

function copyRow(source: FloatArray, row: number, target: FloatArray, targetRow: number, columns: number): void {
  const from = row * columns;
  const to = targetRow * columns;
  if (columns < SHORT_ROW) for (let j = 0; j < columns; j++) target[to + j] = source[from + j] as number;
  else target.set(source.subarray(from, from + columns), to);
}

/** Examples on their way into the network, batch by batch. */
export class Batches<D extends DType> {
  readonly count: number;
  /** Where the rows, and their targets or class numbers, lie after `take`. */
  x: Pointer = NONE;
  targets: Pointer = NONE;
  /** What each row of the batch counts, float64; NONE: 1. */
  weights: Pointer = NONE;
  /** What the rows of the batch, and all examples, count together. */
  batchTotal = 0;
  readonly total: number;
  /** Whether `targets` are class numbers. */
  readonly labelled: boolean;
  readonly metric: Metric | null;
  readonly #x: Rows<D>;
  readonly #targetRows: Rows<D> | null = null;
  readonly #labels: Int32Array | null;
  readonly #batchLabels: Indices | null = null;
  readonly #order: Indices | null = null;
  readonly #factors: Float64Array | null;
  readonly #shares: Float64Array | null;
  readonly #batchFactors: Tensor<"float64"> | null = null;
  readonly #caller: string;

  /**
   * @param ordered whether the examples come in their own order: then there is no `shuffle`
   * @throws RangeError in the name of `caller` if memory runs out; nothing is kept then
   */
  constructor(
    caller: string,
    runtime: Runtime,
    { dtype, inFeatures, outFeatures }: NetworkSizes<D>,
    examples: CheckedExamples<D>,
    batch: number,
    ordered: boolean,
  ) {
    const { count, x, labels, targets, factors, shares, total, metric } = examples;
    this.total = total;
    this.metric = metric;
    this.#factors = factors;
    this.#shares = shares;
    this.#caller = caller;
    this.count = count;
    this.labelled = labels !== null;
    this.#labels = labels;
    this.#x = new Rows(caller, runtime, dtype, x, inFeatures, batch, ordered);
    try {
      if (targets) this.#targetRows = new Rows(caller, runtime, dtype, targets, outFeatures, batch, ordered);
      if (labels) this.#batchLabels = new Indices(caller, runtime.heap, batch);
      if (factors) this.#batchFactors = new Tensor(runtime.heap, batch, "float64", caller);
      if (!ordered) this.#order = new Indices(caller, runtime.heap, count);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  shuffle(seed: number, epoch: number): void {
    if (this.#order) shuffle(this.#order.data, seed, epoch);
  }

  /**
   * Makes the `rows` examples from the `from`-th of the order the current batch.
   * @throws ReferenceError, TypeError if x or targets are gone by now
   */
  take(from: number, rows: number): void {
    this.x = this.#x.take(this.#caller, this.#order, from, rows);
    if (this.#targetRows) this.targets = this.#targetRows.take(this.#caller, this.#order, from, rows);
    const indices = this.#order?.data;
    if (this.#labels && this.#batchLabels) {
      this.targets = this.#batchLabels.pointer;
      const batch = this.#batchLabels.data;
      for (let i = 0; i < rows; i++) {
        batch[i] = this.#labels[indices ? (indices[from + i] as number) : from + i] as number;
      }
    }
    this.batchTotal = rows;
    if (!this.#factors || !this.#batchFactors) return;
    this.weights = this.#batchFactors.pointer;
    const batch = this.#batchFactors.data;
    let total = 0;
    for (let i = 0; i < rows; i++) {
      const row = indices ? (indices[from + i] as number) : from + i;
      batch[i] = this.#factors[row] as number;
      total += this.#shares ? (this.#shares[row] as number) : 1;
    }
    this.batchTotal = total;
  }

  /** Asked after code of the caller's has run while a batch is in use. @throws ReferenceError, TypeError if x is gone by now */
  check(): void {
    this.#x.check(this.#caller);
  }

  dispose(): void {
    this.#x.dispose();
    this.#targetRows?.dispose();
    this.#batchLabels?.dispose();
    this.#batchFactors?.dispose();
    this.#order?.dispose();
  }
}
