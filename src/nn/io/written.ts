/** Weights and metadata on their way into a file. */

import { ARRAYS, type DType, type FloatArray } from "../../common/dtype.js";
import { fromFloat16, toFloat16 } from "../../common/half.js";
import { quoted } from "../../common/quoted.js";
import { checkRecord } from "../../common/records.js";
import type { SafeTensor } from "../../formats/safetensors/index.js";

export const WRITTEN_DTYPES = ["float16", "float32", "float64"] as const;

export type WrittenDType = (typeof WRITTEN_DTYPES)[number];

/** Floats as a tensor of a file. */
export function tensorOf(dtype: DType, shape: readonly number[], data: FloatArray): SafeTensor {
  return { dtype: dtype === "float32" ? "F32" : "F64", shape, data } as SafeTensor;
}

/** Floats as a tensor of another element type. */
export function writtenAs(
  caller: string,
  name: string,
  dtype: WrittenDType,
  shape: readonly number[],
  data: FloatArray,
): SafeTensor {
  if (dtype === "float16") {
    const bits = Uint16Array.from(data, toFloat16);
    checkHeld(caller, name, dtype, data, (i) => fromFloat16(bits[i] as number));
    return { dtype: "F16", shape, data: bits };
  }
  const values = data instanceof ARRAYS[dtype] ? data : new ARRAYS[dtype](data);
  checkHeld(caller, name, dtype, data, (i) => values[i] as number);
  return tensorOf(dtype, shape, values);
}

/** @throws RangeError for a finite value that has become infinite */
function checkHeld(
  caller: string,
  name: string,
  dtype: string,
  data: FloatArray,
  written: (i: number) => number,
): void {
  const lost = data.findIndex((value, i) => Number.isFinite(value) && !Number.isFinite(written(i)));
  if (lost >= 0) {
    throw new RangeError(`${caller}: ${quoted(name)} has ${data[lost]} at ${lost}, too large for ${dtype}`);
  }
}

/**
 * A copy of strings under names, none of them one that the file itself uses.
 * @throws TypeError, RangeError for anything else; a value that is no string is left to the writer of the file
 */
export function checkMetadata(
  caller: string,
  metadata: unknown,
  taken: readonly string[],
): Readonly<Record<string, string>> {
  if (metadata === undefined) return {};
  checkRecord(caller, "options.metadata", metadata);
  const strings = { ...metadata } as Record<string, string>;
  const own = taken.find((name) => Object.hasOwn(strings, name));
  if (own !== undefined) throw new RangeError(`${caller}: options.metadata cannot have "${own}"`);
  return strings;
}
