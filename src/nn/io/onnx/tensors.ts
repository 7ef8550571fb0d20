/** The constants of a model: floats and integers out of TensorProto, raw, typed, or in a file beside the model. */
import protobuf, { type onnx } from "onnx-proto";
import { ARRAYS, type FloatArray } from "../../../common/dtype.js";
import { fromFloat16 } from "../../../common/half.js";
import { listed, quoted } from "../../../common/quoted.js";
import { refusal } from "./refusal.js";

const { DataType, DataLocation } = protobuf.onnx.TensorProto;

/** Numbers of a model, row-major. */
export interface Constant {
  readonly shape: readonly number[];
  readonly values: FloatArray;
}

/** The bytes of files beside the model, by the name that the model knows them by. */
export type ExternalData = ReadonlyMap<string, Uint8Array>;

const BYTES: Readonly<Record<number, number>> = {
  [DataType.FLOAT]: 4,
  [DataType.DOUBLE]: 8,
  [DataType.FLOAT16]: 2,
  [DataType.INT32]: 4,
  [DataType.INT64]: 8,
};

/** The values of a tensor of floats. */
export function readFloats(tensor: onnx.ITensorProto, external: ExternalData): Constant {
  const shape = shapeOf(tensor);
  const count = countOf(tensor, shape);
  switch (tensor.dataType) {
    case DataType.FLOAT:
      return { shape, values: numbersOf(tensor, count, external, Float32Array, tensor.floatData) };
    case DataType.DOUBLE:
      return { shape, values: numbersOf(tensor, count, external, Float64Array, tensor.doubleData) };
    case DataType.FLOAT16: {
      const bits = numbersOf(tensor, count, external, Uint16Array, tensor.int32Data);
      return { shape, values: Float32Array.from(bits, fromFloat16) };
    }
    default:
      throw refusal(
        `tensor ${nameOf(tensor)} has elements of type ${typeName(tensor)}; FLOAT, DOUBLE and FLOAT16 are taken`,
      );
  }
}

/** The values of a small tensor of integers, such as a shape or axes. */
export function readIntegers(tensor: onnx.ITensorProto, external: ExternalData): number[] {
  const shape = shapeOf(tensor);
  const count = countOf(tensor, shape);
  if (count > 64) throw refusal(`tensor ${nameOf(tensor)} has ${count} integers where a shape or axes are expected`);
  if (tensor.dataType === DataType.INT32) {
    return Array.from(numbersOf(tensor, count, external, Int32Array, tensor.int32Data));
  }
  if (tensor.dataType === DataType.INT64) {
    const typed = tensor.int64Data?.map((each) => BigInt(String(each)));
    return Array.from(numbersOf(tensor, count, external, BigInt64Array, typed), Number);
  }
  throw refusal(`tensor ${nameOf(tensor)} has elements of type ${typeName(tensor)}, expected INT64 or INT32`);
}

type Numbers<E> = ArrayLike<E> & { readonly length: number };

/** The elements: as raw bytes, in the field of their type, or elsewhere. */
function numbersOf<E, A extends Numbers<E>>(
  tensor: onnx.ITensorProto,
  count: number,
  external: ExternalData,
  array: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
    from(values: ArrayLike<E>): A;
    readonly BYTES_PER_ELEMENT: number;
  },
  typed: ArrayLike<E> | null | undefined,
): A {
  const size = array.BYTES_PER_ELEMENT;
  let bytes: Uint8Array;
  if (tensor.dataLocation === DataLocation.EXTERNAL) bytes = externalBytes(tensor, count * size, external);
  else if (tensor.rawData?.length) bytes = tensor.rawData;
  else {
    const given = typed ?? [];
    if (given.length !== count) throw wrongCount(tensor, `${given.length} elements`, count);
    return array.from(given);
  }
  if (bytes.length !== count * size) throw wrongCount(tensor, `${bytes.length} bytes`, count * size);
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, count);
}

function wrongCount(tensor: onnx.ITensorProto, got: string, expected: number): RangeError {
  return refusal(`tensor ${nameOf(tensor)} has ${got}, expected ${expected} for its shape [${shapeOf(tensor)}]`);
}

/** The part of a file beside the model that a tensor names. */
function externalBytes(tensor: onnx.ITensorProto, expected: number, external: ExternalData): Uint8Array {
  const fields = new Map((tensor.externalData ?? []).map(({ key, value }) => [key ?? "", value ?? ""]));
  const location = fields.get("location") ?? "";
  const file = external.get(location);
  if (!file) {
    const given = external.size > 0 ? `; given were ${listed([...external.keys()])}` : "";
    throw refusal(
      `tensor ${nameOf(tensor)} lies in the file ${quoted(location)} beside the model: pass its bytes as ` +
        `externalData: { ${quoted(location)}: bytes }${given}`,
    );
  }
  const offset = wholeNumber(tensor, "offset", fields.get("offset"), 0);
  const length = wholeNumber(tensor, "length", fields.get("length"), expected);
  if (offset + length > file.length) {
    throw refusal(
      `tensor ${nameOf(tensor)} has ${length} bytes from ${offset} of ${quoted(location)}, which has ${file.length}`,
    );
  }
  return file.subarray(offset, offset + length);
}

function wholeNumber(tensor: onnx.ITensorProto, name: string, text: string | undefined, without: number): number {
  if (text === undefined) return without;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number)) {
    throw refusal(`tensor ${nameOf(tensor)} has the ${name} ${quoted(text)}, expected a whole number`);
  }
  return number;
}

function shapeOf(tensor: onnx.ITensorProto): number[] {
  const shape = (tensor.dims ?? []).map(Number);
  if (shape.length > 16 || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw refusal(`tensor ${nameOf(tensor)} has the shape [${shape.slice(0, 16)}], expected up to 16 whole numbers`);
  }
  return shape;
}

/** How many elements a shape has: no more than there are bytes for, wherever they lie. */
function countOf(tensor: onnx.ITensorProto, shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  const bytes = count * (BYTES[tensor.dataType ?? 0] ?? 1);
  if (!Number.isSafeInteger(bytes)) throw refusal(`tensor ${nameOf(tensor)} has the impossible shape [${shape}]`);
  return count;
}

function nameOf({ name }: onnx.ITensorProto): string {
  return quoted(name ?? "");
}

function typeName({ dataType }: onnx.ITensorProto): string {
  return DataType[dataType ?? 0] ?? String(dataType);
}

/** The transpose of a rows × columns matrix. */
export function transposed(matrix: FloatArray, rows: number, columns: number): FloatArray {
  const result = new ARRAYS[matrix.BYTES_PER_ELEMENT === 4 ? "float32" : "float64"](matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j] as number;
  }
  return result;
}
