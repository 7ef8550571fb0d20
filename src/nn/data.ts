/** Examples: inputs with what should come out for them, and their checks. */

import { checkFields, checkMatrix, checkMultiple, kindOf } from "../common/check.js";
import type { ArrayOf, DType } from "../common/dtype.js";
import { plainViewOf, typedArrayName } from "../common/realm.js";
import { Borrowed } from "../memory/borrowed.js";
import type { NetworkSizes } from "./internals.js";
import type { Loss } from "./losses.js";
import type { Runtime } from "./runtime.js";

/** Class numbers from 0, one for each row of x. */
export type Labels = ArrayLike<number> | BigInt64Array | BigUint64Array;

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
  readonly x: Borrowed<D>;
  readonly labels: Int32Array | null;
  readonly targets: Borrowed<D> | null;
}

/** The fields of examples, each read once. */
export function readExamples(caller: string, name: string, examples: unknown) {
  checkFields(caller, name, examples, ["x", "labels", "targets"]);
  const { x, labels, targets } = examples as Record<"x" | "labels" | "targets", unknown>;
  return { x, labels, targets };
}

/**
 * Reading the elements of an array of labels may run anything: what is used then must be asked once more whether it lives.
 * @throws TypeError, RangeError if x, labels or targets do not fit the network and the loss, or each other
 */
export function checkExamples<D extends DType>(
  caller: string,
  name: string,
  { x, labels, targets }: ReturnType<typeof readExamples>,
  { runtime, dtype, inFeatures, outFeatures }: NetworkSizes<D> & { readonly runtime: Pick<Runtime, "heap"> },
  loss: Loss,
): CheckedExamples<D> {
  const inputs = new Borrowed(caller, `${name}.x`, runtime.heap, x, dtype);
  checkMultiple(caller, `${name}.x`, inputs.view, inFeatures, "inFeatures");
  const count = inputs.length / inFeatures;
  if (count === 0) throw new RangeError(`${caller}: ${name}.x is empty`);
  if ((labels === undefined) === (targets === undefined)) {
    throw new TypeError(`${caller}: ${name} must have either labels or targets`);
  }
  const kind = labels === undefined ? "targets" : "labels";
  if (!loss.takes.includes(kind)) {
    throw new TypeError(`${caller}: ${loss.name} takes ${loss.takes.join(" or ")}, not ${kind}`);
  }
  if (kind === "labels") {
    return {
      count,
      x: inputs,
      labels: copyLabels(caller, `${name}.labels`, labels, count, outFeatures),
      targets: null,
    };
  }
  const outputs = new Borrowed(caller, `${name}.targets`, runtime.heap, targets, dtype);
  checkMatrix(caller, `${name}.targets`, outputs.view, "examples", count, "outFeatures", outFeatures);
  if (loss.probabilities) checkProbabilities(caller, `${name}.targets`, outputs.view);
  return { count, x: inputs, labels: null, targets: outputs };
}

/** A copy, so that no later write of the caller's can lead a kernel astray. */
function copyLabels(caller: string, name: string, labels: unknown, count: number, classes: number): Int32Array {
  const given = Array.isArray(labels) ? (labels as unknown[]) : plainViewOf(labels);
  if (!given) {
    const wanted = typedArrayName(labels) ? "is detached: its buffer was transferred, or shrank" : null;
    throw new TypeError(`${caller}: ${name} ${wanted ?? `must be an array of class numbers, got ${kindOf(labels)}`}`);
  }
  const { length } = given;
  if (length !== count) throw new RangeError(`${caller}: ${name} has ${length} values, expected ${count} = examples`);
  const copy = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const value: unknown = given[i];
    // NumPy's whole numbers have 64 bits.
    const label = typeof value === "bigint" ? Number(value) : (value as number);
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      const got = typeof value === "number" ? value : kindOf(value);
      throw new RangeError(`${caller}: ${name}[${i}] must be a class from 0 to ${classes - 1}, got ${got}`);
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
