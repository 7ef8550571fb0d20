/** Arrays of NumPy as files, `.npy`. */

import { bytesUnder, plainViewOf, typedArrayName } from "../../common/bytes.js";
import { kindOf } from "../../common/check.js";
import { checkBytes } from "../../common/checkRealm.js";
import { fromFloat16 } from "../../common/half.js";
import type { TypedArray } from "../../common/typedArrays.js";
import type { ArrayOfClass } from "../arrays.js";
import { beyondMaxBytes, type ReadOptions, readMaxBytes } from "../limits.js";
import { countOf, shapeText, wholesOf } from "../shape.js";
import { MAX_RANK, type NpyDType, type NpyHeader, readNpyHeader, writeNpyHeader } from "./header.js";

/** The array for each element type. */
const ARRAYS = {
  f2: Float32Array,
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  b1: Uint8Array,
} as const;

/** The typed arrays that hold NumPy's numbers. */
export type NpyData = ArrayOfClass<(typeof ARRAYS)[NpyDType]>;

export interface NpyArray {
  /** Row-major, whatever the order in the file. Half precision ("f2") comes as float32, booleans ("b1") as 0 and 1. */
  readonly data: NpyData;
  readonly shape: readonly number[];
  /** The element type in the file. */
  readonly dtype: NpyDType;
}

/** What `writeNpz` takes: `readNpz` gives such arrays. */
export interface NpySource {
  readonly data: NpyData;
  /** Default: [data.length]. */
  readonly shape?: readonly number[] | undefined;
}

/**
 * Reads an .npy file: versions 1.0, 2.0 and 3.0, row- or column-major, of floats (half, single, double), integers or booleans.
 * Big-endian, complex, text, structured and object arrays have no typed array, and are refused, as are bytes behind the data
 * and headers that NumPy could not have written.
 *
 * @param options `maxBytes`: default 2³⁰, the limit of the data
 * @throws TypeError for anything but a Uint8Array; RangeError for a malformed file or an array of another type
 */
export function readNpy(bytes: Uint8Array, options: ReadOptions = {}): NpyArray {
  const maxBytes = readMaxBytes("readNpy", options);
  const file = checkBytes("readNpy", "bytes", bytes);
  return readArray("readNpy", file, maxBytes);
}

/**
 * Writes an .npy file, row-major, with the element type of the array.
 *
 * @param shape default [data.length]
 * @throws TypeError for an array of another kind, RangeError for a shape that does not fit it
 */
export function writeNpy(data: NpyData, shape?: readonly number[]): Uint8Array<ArrayBuffer> {
  return writeArray("writeNpy", "data", data, shape);
}

/** The array in the bytes of a whole file. The caller's are copied. */
export function readArray(caller: string, file: Uint8Array, maxBytes = Number.POSITIVE_INFINITY): NpyArray {
  const malformed = (what: string) => new RangeError(`${caller}: ${what}`);
  const header = readNpyHeader(file, malformed);
  const { dtype, shape, start } = header;
  const length = file.length - start;
  if (length > maxBytes) throw malformed(beyondMaxBytes(length, maxBytes));
  const place = placesOf(header);
  if (dtype === "f2") {
    const floats = new Float32Array(length / 2);
    for (let i = 0; i < floats.length; i++) {
      const at = start + 2 * (place ? place() : i);
      floats[i] = fromFloat16((file[at] as number) | ((file[at + 1] as number) << 8));
    }
    return { data: floats, shape, dtype };
  }
  const copy = new Uint8Array(length);
  copy.set(file.subarray(start));
  if (dtype === "b1") for (let i = 0; i < length; i++) copy[i] = copy[i] ? 1 : 0;
  const array = ARRAYS[dtype];
  const data: NpyData = new array(place ? turned(copy, array.BYTES_PER_ELEMENT, place) : copy.buffer);
  return { data, shape, dtype };
}

/** Elements of so many bytes in another order: as words, lest a float lose the bits of a NaN on its way through a number. */
function turned(elements: Uint8Array<ArrayBuffer>, bytes: number, place: () => number): ArrayBuffer {
  const Words = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Uint32Array }[bytes as 1 | 2 | 4 | 8];
  const from = new Words(elements.buffer);
  const to = new Words(from.length);
  const words = bytes / Words.BYTES_PER_ELEMENT;
  for (let i = 0; i < to.length; i += words) {
    const at = words * place();
    for (let word = 0; word < words; word++) to[i + word] = from[at + word] as number;
  }
  return to.buffer;
}

/**
 * For column-major data, in which the first index runs fastest: where the elements lie in row-major order, one a call. Null
 * if that is one after the other.
 */
function placesOf({ shape, fortranOrder }: NpyHeader): (() => number) | null {
  if (!fortranOrder || countOf(shape) === 0) return null;
  // Dimensions of one element would make the steps below many.
  const axes: { size: number; stride: number; index: number }[] = [];
  let stride = 1;
  for (const size of shape) {
    if (size > 1) axes.push({ size, stride, index: 0 });
    stride *= size;
  }
  if (axes.length < 2) return null;
  axes.reverse();
  let next = 0;
  return () => {
    const at = next;
    for (const axis of axes) {
      next += axis.stride;
      if (++axis.index < axis.size) break;
      next -= axis.size * axis.stride;
      axis.index = 0;
    }
    return at;
  };
}

/** NumPy's name for the elements of an array. */
function dtypeOf(data: TypedArray | undefined): NpyDType | undefined {
  const found = Object.entries(ARRAYS).find(([dtype, array]) => dtype !== "f2" && data instanceof array);
  return found?.[0] as NpyDType | undefined;
}

/** The bytes of a whole file; `what` names the array in the errors. */
export function writeArray(caller: string, what: string, data: unknown, shape: unknown): Uint8Array<ArrayBuffer> {
  const view = plainViewOf(data);
  const dtype = dtypeOf(view);
  if (!view || !dtype) {
    const detached = !view && typedArrayName(data) !== undefined;
    const expected = detached ? "is detached" : `must be a typed array that NumPy has, got ${kindOf(data)}`;
    throw new TypeError(`${caller}: ${what} ${expected}`);
  }
  const sizes = shape === undefined ? [view.length] : wholesOf(shape);
  if (!sizes) {
    throw new RangeError(`${caller}: the shape of ${what} must be whole numbers, got ${shapeText(shape)}`);
  }
  if (sizes.length > MAX_RANK) {
    throw new RangeError(`${caller}: the shape of ${what} has ${sizes.length} sizes, NumPy takes at most ${MAX_RANK}`);
  }
  const length = countOf(sizes);
  if (view.length !== length) {
    throw new RangeError(`${caller}: ${what} has ${view.length} values, expected ${length} = ${shapeText(sizes)}`);
  }
  const header = writeNpyHeader(dtype, sizes);
  const bytes = bytesUnder(view);
  const file = new Uint8Array(header.length + bytes.length);
  file.set(header);
  file.set(bytes, header.length);
  return file;
}
