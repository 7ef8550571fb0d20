/** Class numbers, as they are given and as the kernels want them. */

import { plainViewOf, typedArrayName } from "../common/bytes.js";
import { kindOf } from "../common/check.js";

/** Class numbers from 0, one for each row of x. */
export type Labels = ArrayLike<number> | BigInt64Array | BigUint64Array;

/**
 * Copies class numbers, so that no later write of the caller's can lead a kernel astray. Reading the elements of an array may
 * run anything.
 * @throws TypeError, RangeError for anything but `count` whole numbers below `classes`
 */
export function writeLabels(
  caller: string,
  name: string,
  labels: unknown,
  count: number,
  classes: number,
  copy: Int32Array,
): void {
  const given = Array.isArray(labels) ? (labels as unknown[]) : plainViewOf(labels);
  if (!given) {
    const wanted = typedArrayName(labels) ? "is detached: its buffer was transferred, or shrank" : null;
    throw new TypeError(`${caller}: ${name} ${wanted ?? `must be an array of class numbers, got ${kindOf(labels)}`}`);
  }
  const { length } = given;
  if (length !== count) throw new RangeError(`${caller}: ${name} has ${length} values, expected ${count} = examples`);
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
}
