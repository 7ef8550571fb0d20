/** The ready losses on arrays of a user's own. */
import { readFloatArray } from "../common/arrays.js";
import { typedArrayName } from "../common/bytes.js";
import { checkCount, checkFields } from "../common/check.js";
import { type ArrayOf, type DType, dtypeOf, type FloatArray } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { checkApart } from "../layer/overlap.js";
import { copyOut, locateOwned, resultArray, Temporary } from "../memory/staging.js";
import { type Labels, writeLabels } from "./labels.js";
import type { LossDefinition } from "./lossDefinition.js";
import { rememberedColumns } from "./outputs.js";
import { type Pad, padOf } from "./pad.js";
import { checkProbabilities } from "./probabilities.js";
import { type Runtime, runtimeInUse } from "./runtime.js";
import { readWeighting, type Weighting } from "./weighting.js";

/** What outputs are compared with: labels or targets, and what each row counts. */
export interface Targets<A extends FloatArray = FloatArray> {
  /** Class numbers from 0, one for each row. */
  readonly labels?: Labels | undefined;
  /** As many values as y has. */
  readonly targets?: A | undefined;
  /** What each row counts, of any sign. */
  readonly weights?: ArrayLike<number> | undefined;
  /** What each class counts, at least 0; only with labels. */
  readonly classWeights?: ArrayLike<number> | undefined;
  /** Columns of y, where nothing else tells how many there are. */
  readonly columns?: number | undefined;
}

export interface LossAndGradient<A extends FloatArray = FloatArray> {
  readonly loss: number;
  /** Its gradient with respect to y. */
  readonly dy: A;
}

const FIELDS: readonly (keyof Targets)[] = ["labels", "targets", "weights", "classWeights", "columns"];
const NAMES = { weights: "weights", classWeights: "classWeights" };

export function lossByHand<A extends FloatArray>(
  loss: LossDefinition,
  y: A,
  given: Targets<A>,
  out: A | undefined,
): LossAndGradient<A> {
  const caller = loss.name;
  checkFields(caller, "targets", given, FIELDS);
  const { labels, targets, weights, classWeights, columns: said } = given;
  if ((labels === undefined) === (targets === undefined)) {
    throw new TypeError(`${caller}: there must be either labels or targets`);
  }
  const labelled = labels !== undefined;
  if (!loss.takes.includes(labelled ? "labels" : "targets")) {
    throw new TypeError(`${caller}: takes ${loss.takes.join(" or ")}, not ${labelled ? "labels" : "targets"}`);
  }
  const { rows, columns } = shapeOf(loss, y, labels, weights, said);
  const weighting = readWeighting(caller, NAMES, weights, classWeights, rows, columns, labelled);
  const runtime = runtimeInUse();
  // Reading the elements of a typed array runs nothing; of any other, it may: then not while the pad is in use.
  const typed = labelled && typedArrayName(labels) !== undefined;
  const copied = labelled && !typed ? new Int32Array(rows) : null;
  if (copied) writeLabels(caller, "labels", labels, rows, columns, copied);
  // All code of the caller's has run: what follows reads its arrays for good.
  const pad = padOf(runtime, caller, rows, weighting.weights !== null || weighting.classWeights !== null);
  let temporary: Temporary | null = null;
  try {
    if (copied) pad.labels.set(copied);
    else if (labelled) writeLabels(caller, "labels", labels, rows, columns, pad.labels);
    const total = writeFactors(pad, weighting, rows);
    const values = readFloatArray(caller, "y", y);
    const dtype = dtypeOf(values);
    const wanted = targets === undefined ? null : readSame(caller, "targets", targets, dtype, values.length);
    const output = out === undefined ? undefined : readSame(caller, "out", out, dtype, values.length);
    if (values.length !== rows * columns) {
      throw new RangeError(`${caller}: y has ${values.length} values, expected ${rows} rows of ${columns} columns`);
    }
    if (wanted && loss.probabilities) checkProbabilities(caller, "targets", wanted);
    const { heap } = runtime;
    const yPlace = locateOwned(caller, "y", heap, values);
    const wantedPlace = wanted ? locateOwned(caller, "targets", heap, wanted) : NONE;
    const outPlace = output ? locateOwned(caller, "out", heap, output) : NONE;
    checkInPlace(caller, "y", outPlace, yPlace, values.byteLength);
    checkInPlace(caller, "targets", outPlace, wantedPlace, values.byteLength);
    const result = resultArray(caller, dtype, values.length, output as ArrayOf<DType> | undefined);
    if (yPlace === NONE || outPlace === NONE || (wanted && wantedPlace === NONE)) {
      temporary = new Temporary(heap, dtype, caller);
    }
    const at = yPlace || (temporary as Temporary).copyOf(values);
    const to = outPlace || (temporary as Temporary).block(values.length);
    const compared = wanted ? wantedPlace || (temporary as Temporary).copyOf(wanted) : pad.labelsAt;
    const value = share(loss, runtime, dtype, rows, columns, at, compared, labelled, pad.factorsAt, total, to);
    const dy = copyOut(heap, dtype, to, values.length, result, outPlace, out as ArrayOf<DType> | undefined);
    return { loss: value, dy: dy as A };
  } finally {
    temporary?.release();
    pad.release();
  }
}

/** The loss of rows that count `total` together; 0 if that is 0. */
function share(
  loss: LossDefinition,
  { kernels }: Runtime,
  dtype: DType,
  rows: number,
  columns: number,
  y: Pointer,
  targets: Pointer,
  labelled: boolean,
  weights: Pointer,
  total: number,
  dy: Pointer,
): number {
  if (total !== 0) return loss.part(kernels[dtype], rows, columns, y, targets, labelled, weights, total, dy);
  // Nothing counts: zeros by way of a factor of 0, as what is 0 times anything of weight 0.
  loss.part(kernels[dtype], rows, columns, y, targets, labelled, weights, 1, dy);
  return 0;
}

/** What rows count goes to the pad; returns what they count together. */
function writeFactors(pad: Pad, { weights, classWeights }: Weighting, rows: number): number {
  if (!weights && !classWeights) return rows;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const share = classWeights ? (classWeights[pad.labels[i] as number] as number) : 1;
    pad.factors[i] = share * (weights ? (weights[i] as number) : 1);
    total += share;
  }
  return total;
}

/** Rows and columns of y, as far as they are told. */
function shapeOf(loss: LossDefinition, y: FloatArray, labels: unknown, weights: unknown, said: unknown) {
  const caller = loss.name;
  const length = readFloatArray(caller, "y", y).length;
  if (length === 0) throw new RangeError(`${caller}: y is empty`);
  if (said !== undefined) checkCount(caller, "columns", said);
  const counted = Object(labels ?? weights).length as unknown;
  const byRows = typeof counted === "number" && counted > 0 ? length / counted : undefined;
  const columns = (said as number | undefined) ?? byRows ?? rememberedColumns(y);
  if (columns === undefined) {
    // A mean over all elements asks for no rows.
    if (loss.name !== "softmaxCrossEntropy") return { rows: 1, columns: length };
    throw new TypeError(
      `${caller}: columns must say how many columns y has, as in { targets, columns: 10 }: no network returned this array`,
    );
  }
  if (!Number.isInteger(columns) || length % columns !== 0) {
    throw new RangeError(`${caller}: y has ${length} values, which are not ${counted ?? "whole"} rows of equal length`);
  }
  return { rows: length / columns, columns };
}

function readSame(caller: string, name: string, value: unknown, dtype: DType, length: number): FloatArray {
  const array = readFloatArray(caller, name, value);
  if (dtypeOf(array) !== dtype) throw new TypeError(`${caller}: ${name} must be of ${dtype}, as y is`);
  if (array.length !== length) {
    throw new RangeError(`${caller}: ${name} has ${array.length} values, expected ${length}, as many as y`);
  }
  return array;
}

/** @throws RangeError if the output lies over a part of an input: it may be the whole of it, or apart */
function checkInPlace(caller: string, name: string, out: Pointer, other: Pointer, bytes: number): void {
  if (out !== other) checkApart(caller, "out", out, bytes, name, other, bytes);
}
