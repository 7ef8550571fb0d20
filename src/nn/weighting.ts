/** What examples and classes count: weights as they are given, and what a row counts by them. */

import { plainViewOf, typedArrayName } from "../common/bytes.js";
import { kindOf } from "../common/check.js";

/**
 * Numbers of an array of any kind, copied.
 * @throws TypeError, RangeError for anything but `length` finite numbers, at least `least`
 */
export function copyNumbers(
  caller: string,
  name: string,
  given: unknown,
  length: number,
  lengthName: string,
  least = Number.NEGATIVE_INFINITY,
): Float64Array {
  const array = Array.isArray(given) ? (given as unknown[]) : plainViewOf(given);
  if (!array) {
    const gone = typedArrayName(given) ? "is detached: its buffer was transferred, or shrank" : null;
    throw new TypeError(`${caller}: ${name} ${gone ?? `must be an array of numbers, got ${kindOf(given)}`}`);
  }
  if (array.length !== length) {
    throw new RangeError(`${caller}: ${name} has ${array.length} values, expected ${length} = ${lengthName}`);
  }
  const copy = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const value: unknown = array[i];
    if (typeof value !== "number" || !Number.isFinite(value) || value < least) {
      const what = least === 0 ? "a finite number of at least 0" : "a finite number";
      throw new RangeError(
        `${caller}: ${name}[${i}] must be ${what}, got ${typeof value === "number" ? value : kindOf(value)}`,
      );
    }
    copy[i] = value;
  }
  return copy;
}

/** What row i counts in the numerator, w·c, and in the denominator, c, of a mean; see `Examples.weights`. */
export interface Weighting {
  readonly weights: Float64Array | null;
  readonly classWeights: Float64Array | null;
}

/** Weights of rows and of classes, as far as there are any. */
export function readWeighting(
  caller: string,
  names: { readonly weights: string; readonly classWeights: string },
  weights: unknown,
  classWeights: unknown,
  rows: number,
  columns: number,
  labelled: boolean,
): Weighting {
  if (classWeights !== undefined && !labelled) {
    throw new TypeError(`${caller}: ${names.classWeights} needs labels, which say the class of an example`);
  }
  return {
    weights: weights === undefined ? null : copyNumbers(caller, names.weights, weights, rows, "examples"),
    classWeights:
      classWeights === undefined
        ? null
        : copyNumbers(caller, names.classWeights, classWeights, columns, "outFeatures", 0),
  };
}
