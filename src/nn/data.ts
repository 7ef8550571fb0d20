/** Examples: inputs with what should come out for them. Their checks, their order, and their way into a batch. */

import { checkArray, checkFields, checkMatrix, checkMultiple, kindOf } from "../common/check.js";
import { type ArrayOf, type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { subseed, uniform } from "../common/random.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { Indices } from "../memory/indices.js";
import { locate } from "../memory/staging.js";
import { Tensor } from "../memory/tensor.js";
import type { NetworkSizes } from "./internals.js";
import type { Loss } from "./losses.js";
import type { Runtime } from "./runtime.js";

/** Class numbers from 0, one for each row of x. */
export type Labels = ArrayLike<number>;

/** Rows of inputs, row-major, with a class or target outputs for each. */
export type Examples<D extends DType = "float32"> = {
  /** examples × inFeatures. Data of a `tensor` is not copied, and must then stay undisposed until training ends. */
  readonly x: ArrayOf<D>;
} & (
  | { readonly labels: Labels; readonly targets?: undefined }
  | {
      readonly labels?: undefined;
      /** examples × outFeatures: values, or for `softmaxCrossEntropy` probabilities. */
      readonly targets: ArrayOf<D>;
    }
);

/** Examples that passed their checks. */
export interface CheckedExamples<D extends DType> {
  readonly count: number;
  readonly x: ArrayOf<D>;
  readonly labels: Int32Array | null;
  readonly targets: ArrayOf<D> | null;
}

/** @throws TypeError, RangeError if x, labels or targets do not fit the network and the loss, or each other */
export function checkExamples<D extends DType>(
  caller: string,
  name: string,
  examples: Examples<D>,
  { dtype, inFeatures, outFeatures }: NetworkSizes<D>,
  loss: Loss,
): CheckedExamples<D> {
  checkFields(caller, name, examples, ["x", "labels", "targets"]);
  const { x, labels, targets } = examples;
  checkArray(caller, `${name}.x`, x, dtype);
  checkMultiple(caller, `${name}.x`, x, inFeatures, "inFeatures");
  const count = x.length / inFeatures;
  if (x.length === 0) throw new RangeError(`${caller}: ${name}.x is empty`);
  if ((labels === undefined) === (targets === undefined)) {
    throw new TypeError(`${caller}: ${name} must have either labels or targets`);
  }
  const kind = labels === undefined ? "targets" : "labels";
  if (!loss.takes.includes(kind)) {
    throw new TypeError(`${caller}: ${loss.name} takes ${loss.takes.join(" or ")}, not ${kind}`);
  }
  if (targets !== undefined) {
    checkArray(caller, `${name}.targets`, targets, dtype);
    checkMatrix(caller, `${name}.targets`, targets, "examples", count, "outFeatures", outFeatures);
    if (loss.probabilities) checkProbabilities(caller, `${name}.targets`, targets);
    return { count, x, labels: null, targets };
  }
  return { count, x, labels: checkLabels(caller, `${name}.labels`, labels, count, outFeatures), targets: null };
}

/** A copy, so that no later write of the caller's can lead a kernel astray. */
function checkLabels(caller: string, name: string, labels: unknown, count: number, classes: number): Int32Array {
  if (!Array.isArray(labels) && !(ArrayBuffer.isView(labels) && "length" in labels)) {
    throw new TypeError(`${caller}: ${name} must be an array of class numbers, got ${kindOf(labels)}`);
  }
  const given = labels as ArrayLike<number>;
  if (given.length !== count) {
    throw new RangeError(`${caller}: ${name} has ${given.length} values, expected ${count} = examples`);
  }
  const copy = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = given[i] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new RangeError(`${caller}: ${name}[${i}] must be a class from 0 to ${classes - 1}, got ${label}`);
    }
    copy[i] = label;
  }
  return copy;
}

function checkProbabilities(caller: string, name: string, targets: ArrayLike<number>): void {
  for (let i = 0; i < targets.length; i++) {
    const value = targets[i] as number;
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(`${caller}: ${name}[${i}] must be a probability from 0 to 1, got ${value}`);
    }
  }
}

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
  readonly #array: ArrayOf<D>;
  readonly #columns: number;
  readonly #place: Pointer;
  readonly #runtime: Runtime;
  readonly #rowBytes: number;
  /** Where a batch is put together; null if every batch lies where it is used. */
  readonly #buffer: Tensor<D> | null;

  constructor(
    caller: string,
    runtime: Runtime,
    dtype: D,
    array: ArrayOf<D>,
    columns: number,
    batch: number,
    ordered: boolean,
  ) {
    this.#array = array;
    this.#columns = columns;
    this.#runtime = runtime;
    this.#rowBytes = columns * elementBytes(dtype);
    this.#place = locate(runtime.heap, array);
    this.#buffer = this.#place !== NONE && ordered ? null : new Tensor(runtime.heap, batch * columns, dtype, caller);
  }

  /** Where `rows` rows lie: those from row `from`, or those that `order` names from there. */
  take(order: Indices | null, from: number, rows: number): Pointer {
    const columns = this.#columns;
    if (!this.#buffer) return this.#place + from * this.#rowBytes;
    const at = this.#buffer.pointer;
    if (this.#place !== NONE) {
      const indices = (order as Indices).pointer + from * Int32Array.BYTES_PER_ELEMENT;
      this.#runtime.gatherRows(rows, this.#rowBytes, this.#place, indices, at);
      return at;
    }
    const batch = this.#buffer.data;
    if (!order) {
      batch.set(this.#array.subarray(from * columns, (from + rows) * columns));
      return at;
    }
    const indices = order.data;
    for (let i = 0; i < rows; i++) copyRow(this.#array, indices[from + i] as number, batch, i, columns);
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
  /** Whether `targets` are class numbers. */
  readonly labelled: boolean;
  readonly #x: Rows<D>;
  readonly #targetRows: Rows<D> | null = null;
  readonly #labels: Int32Array | null;
  readonly #batchLabels: Indices | null = null;
  readonly #order: Indices | null = null;

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
    const { count, x, labels, targets } = examples;
    this.count = count;
    this.labelled = labels !== null;
    this.#labels = labels;
    this.#x = new Rows(caller, runtime, dtype, x, inFeatures, batch, ordered);
    try {
      if (targets) this.#targetRows = new Rows(caller, runtime, dtype, targets, outFeatures, batch, ordered);
      if (labels) this.#batchLabels = new Indices(caller, runtime.heap, batch);
      if (!ordered) this.#order = new Indices(caller, runtime.heap, count);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  shuffle(seed: number, epoch: number): void {
    if (this.#order) shuffle(this.#order.data, seed, epoch);
  }

  /** Makes the `rows` examples from the `from`-th of the order the current batch. */
  take(from: number, rows: number): void {
    this.x = this.#x.take(this.#order, from, rows);
    if (this.#targetRows) this.targets = this.#targetRows.take(this.#order, from, rows);
    if (this.#labels && this.#batchLabels) {
      this.targets = this.#batchLabels.pointer;
      const batch = this.#batchLabels.data;
      const indices = this.#order?.data;
      for (let i = 0; i < rows; i++) {
        batch[i] = this.#labels[indices ? (indices[from + i] as number) : from + i] as number;
      }
    }
  }

  dispose(): void {
    this.#x.dispose();
    this.#targetRows?.dispose();
    this.#batchLabels?.dispose();
    this.#order?.dispose();
  }
}
