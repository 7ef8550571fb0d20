/**
 * Arrays of NumPy, `.npy` and `.npz`.
 *
 * npyjs turns the bytes into arrays and back, fflate packs and unpacks the archive; what they let pass is checked here.
 */
import { unzipSync, zipSync } from "fflate";
import { dump, parse } from "npyjs";
import { checkBoolean, checkFields, checkObject, kindOf } from "../../common/check.js";
import { areWhole, countOf } from "../shape.js";
import { type NpyDType, readNpyHeader } from "./header.js";

export type { NpyDType } from "./header.js";

const ARRAYS = [
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
];

/** The typed arrays that hold NumPy's numbers. */
export type NpyData = InstanceType<(typeof ARRAYS)[number]>;

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
 * Reads an .npy file: any version, row- or column-major, of floats (half, single, double), integers or booleans.
 *
 * @throws TypeError for anything but a Uint8Array; RangeError for a malformed file, and for big-endian, complex, text
 *   and structured arrays
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  checkBytes("readNpy", bytes);
  return read("readNpy", bytes);
}

/**
 * Writes an .npy file, row-major, with the element type of the array.
 *
 * @param shape default [data.length]
 * @throws TypeError for an array of another kind, RangeError for a shape that does not fit it
 */
export function writeNpy(data: NpyData, shape?: readonly number[]): Uint8Array<ArrayBuffer> {
  return write("writeNpy", "data", { data, shape });
}

/**
 * Reads an .npz archive, as `numpy.savez` and `savez_compressed` write it. Members that are no .npy files are left out;
 * checksums are not checked.
 *
 * @returns the arrays by name
 * @throws as `readNpy`, naming the member
 */
export function readNpz(bytes: Uint8Array): Map<string, NpyArray> {
  checkBytes("readNpz", bytes);
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, { filter: ({ name }) => name.endsWith(".npy") });
  } catch (error) {
    throw new RangeError(`readNpz: no zip archive that can be read: ${(error as Error).message}`);
  }
  return new Map(
    Object.entries(files).map(([name, file]) => [name.slice(0, -".npy".length), read(`readNpz: "${name}"`, file)]),
  );
}

/**
 * Writes an .npz archive. The same arrays give the same bytes.
 *
 * @param options `compress`: default false, as `numpy.savez`
 * @throws as `writeNpy`, naming the array
 */
export function writeNpz(
  arrays: ReadonlyMap<string, NpySource> | Readonly<Record<string, NpySource>>,
  options: { compress?: boolean | undefined } = {},
): Uint8Array<ArrayBuffer> {
  checkObject("writeNpz", "arrays", arrays);
  checkFields("writeNpz", "options", options, ["compress"]);
  const { compress = false } = options;
  checkBoolean("writeNpz", "options.compress", compress);
  const entries: [string, NpySource][] = [...(arrays instanceof Map ? arrays : Object.entries(arrays))];
  const files = entries.map(([name, array]) => {
    checkObject("writeNpz", `"${name}"`, array);
    return [`${name}.npy`, write("writeNpz", `"${name}"`, array)];
  });
  // The earliest time that the format knows, as NumPy does.
  return zipSync(Object.fromEntries(files), { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
}

function checkBytes(caller: string, bytes: unknown): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`${caller}: bytes must be a Uint8Array, got ${kindOf(bytes)}`);
  }
}

function read(caller: string, bytes: Uint8Array): NpyArray {
  const { dtype, shape, fortranOrder } = readNpyHeader(bytes, (what) => new RangeError(`${caller}: ${what}`));
  const parsed = parse(new Uint8Array(bytes).buffer).data as NpyData | boolean[];
  const data = Array.isArray(parsed) ? Uint8Array.from(parsed, Number) : parsed;
  return { data: fortranOrder ? rowMajor(data, shape) : data, shape, dtype };
}

/** Column-major data, in which the first index runs fastest, in row-major order. */
function rowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const result = data.slice();
  for (let i = 0; i < data.length; i++) {
    let rest = i;
    let from = 0;
    let stride = data.length;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] as number;
      stride /= size;
      from += (rest % size) * stride;
      rest = Math.floor(rest / size);
    }
    result[i] = data[from] as never;
  }
  return result;
}

function write(caller: string, what: string, { data, shape }: NpySource): Uint8Array<ArrayBuffer> {
  if (!ARRAYS.some((array) => data instanceof array)) {
    throw new TypeError(`${caller}: ${what} must be a typed array that NumPy has, got ${kindOf(data)}`);
  }
  const sizes = shape ?? [data.length];
  if (!areWhole(sizes)) {
    throw new RangeError(`${caller}: the shape of ${what} must be whole numbers, got ${JSON.stringify(sizes)}`);
  }
  const length = countOf(sizes);
  if (data.length !== length) {
    throw new RangeError(`${caller}: ${what} has ${data.length} values, expected ${length} = [${sizes}]`);
  }
  return new Uint8Array(dump(data, [...sizes]));
}
