/** Examples: inputs with what should come out for them, and their checks. */

import { checkFields, checkMatrix, checkMultiple } from "../common/check.js";
import type { ArrayOf, DType, FloatArray } from "../common/dtype.js";
import { Borrowed } from "../memory/borrowed.js";
import type { NetworkSizes } from "./internals.js";
import { type Labels, writeLabels } from "./labels.js";
import type { Loss, LossFunction } from "./losses.js";
import { checkProbabilities } from "./probabilities.js";
import type { Runtime } from "./runtime.js";
import { readWeighting, type Weighting } from "./weighting.js";

/** Rows of inputs, row-major, with a class or target outputs for each. */
export type Examples<D extends DType = "float32"> = {
  /** examples × inFeatures. Data of a `tensor` is not copied, and must then stay undisposed until training ends. */
  readonly x: ArrayOf<D>;
  /**
   * What each example counts: finite numbers, also 0 and negative ones. With w the weight and c the class weight of an
   * example, 1 without, the loss of a batch is `Σ w·c·l / Σ c`: weights scale what an example adds, class weights its part
   * in the mean, as PyTorch's `CrossEntropyLoss(weight)` has it. A batch of examples that count nothing, Σ c = 0, has a loss
   * of 0 and changes nothing.
   */
  readonly weights?: ArrayLike<number> | undefined;
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
  /** What each example counts, and in which mean; null if all count the same. */
  readonly factors: Float64Array | null;
  readonly shares: Float64Array | null;
  /** What all examples count together. */
  readonly total: number;
  /** What can be told right from wrong: the class, the larger of one-hot targets, each of the 0/1 targets. */
  readonly metric: Metric | null;
}

export type Metric = "labels" | "oneHot" | "sides";

/** The fields of examples, each read once. */
export function readExamples(caller: string, name: string, examples: unknown) {
  checkFields(caller, name, examples, ["x", "labels", "targets", "weights"]);
  const { x, labels, targets, weights } = examples as Record<"x" | "labels" | "targets" | "weights", unknown>;
  return { x, labels, targets, weights };
}

/**
 * Reading the elements of an array of labels may run anything: what is used then must be asked once more whether it lives.
 * @throws TypeError, RangeError if x, labels, targets or weights do not fit the network and the loss, or each other
 */
export function checkExamples<D extends DType>(
  caller: string,
  name: string,
  { x, labels, targets, weights }: ReturnType<typeof readExamples>,
  { runtime, dtype, inFeatures, outFeatures }: NetworkSizes<D> & { readonly runtime: Pick<Runtime, "heap"> },
  loss: Loss | LossFunction<D>,
  classWeights?: unknown,
): CheckedExamples<D> {
  const inputs = new Borrowed(caller, `${name}.x`, runtime.heap, x, dtype);
  checkMultiple(caller, `${name}.x`, inputs.view, inFeatures, "inFeatures");
  const count = inputs.length / inFeatures;
  if (count === 0) throw new RangeError(`${caller}: ${name}.x is empty`);
  if ((labels === undefined) === (targets === undefined)) {
    throw new TypeError(`${caller}: ${name} must have either labels or targets`);
  }
  const kind = labels === undefined ? "targets" : "labels";
  if (typeof loss === "function") {
    if (weights !== undefined || classWeights !== undefined) {
      throw new TypeError(
        `${caller}: ${weights ? `${name}.weights` : "classWeights"} needs a ready loss; a loss of one's own weighs by itself`,
      );
    }
  } else if (!loss.takes.includes(kind)) {
    throw new TypeError(`${caller}: ${loss.name} takes ${loss.takes.join(" or ")}, not ${kind}`);
  }
  const names = { weights: `${name}.weights`, classWeights: "classWeights" };
  const weighting = readWeighting(caller, names, weights, classWeights, count, outFeatures, kind === "labels");
  if (kind === "labels") {
    const classes = new Int32Array(count);
    writeLabels(caller, `${name}.labels`, labels, count, outFeatures, classes);
    return {
      count,
      x: inputs,
      labels: classes,
      targets: null,
      metric: "labels",
      ...countingOf(weighting, count, classes),
    };
  }
  const outputs = new Borrowed(caller, `${name}.targets`, runtime.heap, targets, dtype);
  checkMatrix(caller, `${name}.targets`, outputs.view, "examples", count, "outFeatures", outFeatures);
  const ready = typeof loss === "function" ? null : loss;
  if (ready?.probabilities) checkProbabilities(caller, `${name}.targets`, outputs.view);
  const metric = ready && metricOf(ready, outputs.view, outFeatures);
  return { count, x: inputs, labels: null, targets: outputs, metric, ...countingOf(weighting, count, null) };
}

function countingOf({ weights, classWeights }: Weighting, count: number, labels: Int32Array | null) {
  if (!weights && !classWeights) return { factors: null, shares: null, total: count };
  const shares = classWeights && labels ? Float64Array.from(labels, (label) => classWeights[label] as number) : null;
  const factors = weights && shares ? weights.map((weight, i) => weight * (shares[i] as number)) : (weights ?? shares);
  return { factors, shares, total: shares ? shares.reduce((sum, share) => sum + share, 0) : count };
}

/** Whether targets say which class, or which sides, as labels would. */
function metricOf({ name }: Loss, targets: FloatArray, columns: number): Metric | null {
  if (name !== "softmaxCrossEntropy" && name !== "binaryCrossEntropy") return null;
  if (!targets.every((value: number) => value === 0 || value === 1)) return null;
  if (name === "binaryCrossEntropy") return "sides";
  for (let from = 0; from < targets.length; from += columns) {
    let ones = 0;
    for (let j = 0; j < columns; j++) ones += targets[from + j] as number;
    if (ones !== 1) return null;
  }
  return "oneHot";
}
