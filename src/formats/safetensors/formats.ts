/** The element types of the safetensors format, and what they become in JavaScript. */
import { checkChoice, checkObject } from "../../common/check.js";
import { checkView } from "../../common/checkRealm.js";
import { ARRAYS, type ArrayOf, DTYPES, type DType, type FloatArray } from "../../common/dtype.js";
import { fromBfloat16, fromFloat16 } from "../../common/half.js";
import type { ClassOf } from "../../common/realm.js";
import type { TypedArray } from "../../common/typedArrays.js";
import type { ArrayOfClass } from "../arrays.js";
import { countOf } from "../shape.js";

/** Bits of an element, and the array for it; what JavaScript has no array for stays as bits in unsigned integers. */
export const FORMATS = {
  F64: { bits: 64, array: Float64Array },
  I64: { bits: 64, array: BigInt64Array },
  U64: { bits: 64, array: BigUint64Array },
  C64: { bits: 64, array: Float32Array },
  F32: { bits: 32, array: Float32Array },
  I32: { bits: 32, array: Int32Array },
  U32: { bits: 32, array: Uint32Array },
  F16: { bits: 16, array: Uint16Array },
  BF16: { bits: 16, array: Uint16Array },
  I16: { bits: 16, array: Int16Array },
  U16: { bits: 16, array: Uint16Array },
  F8_E4M3: { bits: 8, array: Uint8Array },
  F8_E5M2: { bits: 8, array: Uint8Array },
  F8_E8M0: { bits: 8, array: Uint8Array },
  F8_E4M3FNUZ: { bits: 8, array: Uint8Array },
  F8_E5M2FNUZ: { bits: 8, array: Uint8Array },
  I8: { bits: 8, array: Int8Array },
  U8: { bits: 8, array: Uint8Array },
  BOOL: { bits: 8, array: Uint8Array },
  F6_E2M3: { bits: 6, array: Uint8Array },
  F6_E3M2: { bits: 6, array: Uint8Array },
  F4: { bits: 4, array: Uint8Array },
} as const;

/** An element type of the format. */
export type SafetensorsDType = keyof typeof FORMATS;

export const SAFETENSORS_DTYPES = Object.keys(FORMATS) as readonly SafetensorsDType[];

/** A tensor of a file. F16, BF16 and smaller floats are their bits; `toFloats` gives the values of F16 and BF16. */
export type SafeTensor = {
  [T in SafetensorsDType]: {
    readonly dtype: T;
    readonly shape: readonly number[];
    /** Row-major. C64: real and imaginary parts in turn; F4, F6: packed bytes. */
    readonly data: ArrayOfClass<(typeof FORMATS)[T]["array"]>;
  };
}[SafetensorsDType];

/** Tensors and metadata of a file. */
export interface Safetensors {
  /** In the order of their data. */
  readonly tensors: Map<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The field of the header that is no tensor. */
export const METADATA = "__metadata__";

/** Bytes of the header's length. */
export const LENGTH_BYTES = 8;

/** Bytes of a tensor; NaN if they are not a whole number, or too many to count. */
export function byteLengthOf(dtype: SafetensorsDType, shape: readonly number[]): number {
  const bytes = (countOf(shape) * FORMATS[dtype].bits) / 8;
  return Number.isSafeInteger(bytes) ? bytes : Number.NaN;
}

/**
 * The values of an F16, BF16, F32 or F64 tensor as a new array of `dtype`; from F64 to "float32" they are rounded.
 *
 * @param dtype default "float32"
 * @throws RangeError for a tensor of integers, booleans, complex or smaller numbers
 */
export function toFloats(tensor: SafeTensor): Float32Array;
export function toFloats<D extends DType>(tensor: SafeTensor, dtype: D): ArrayOf<D>;
export function toFloats(tensor: SafeTensor, dtype: DType = "float32"): FloatArray {
  checkObject("toFloats", "tensor", tensor);
  const { dtype: from, data } = tensor as { dtype: keyof typeof WIDEN; data: unknown };
  checkChoice("toFloats", "tensor.dtype", from, Object.keys(WIDEN) as (keyof typeof WIDEN)[]);
  checkChoice("toFloats", "dtype", dtype, DTYPES);
  const type = FORMATS[from].array as ClassOf<TypedArray>;
  const values = checkView("toFloats", "tensor.data", data, type) as Uint16Array | FloatArray;
  const widen = WIDEN[from];
  const floats = new ARRAYS[dtype](values);
  if (widen) for (let i = 0; i < floats.length; i++) floats[i] = widen(floats[i] as number);
  return floats;
}

/** From the bits of a 16-bit float to its value. */
const WIDEN = { F16: fromFloat16, BF16: fromBfloat16, F32: null, F64: null } as const;
