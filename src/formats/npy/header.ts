/**
 * The header of an .npy file: "\x93NUMPY", the version (one byte each for major and minor), the length of the text
 * (2 bytes in version 1, else 4, little-endian), and the text, a Python dictionary such as
 * `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`. npyjs reads it too, but takes what it does not find for
 * a default; here a file is what NumPy would accept, or an error.
 * Source: NumPy, numpy/lib/format.py.
 */
import { areWhole, countOf } from "../shape.js";

/** Bytes of an element. */
const BYTES = { f2: 2, f4: 4, f8: 8, i1: 1, i2: 2, i4: 4, i8: 8, u1: 1, u2: 2, u4: 4, u8: 8, b1: 1 } as const;

/** NumPy's name of an element type, without its byte order. */
export type NpyDType = keyof typeof BYTES;

export interface NpyHeader {
  readonly dtype: NpyDType;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
}

const MAGIC = "\x93NUMPY";

/** The header of a whole file, checked against its length. `malformed` makes the error. */
export function readNpyHeader(bytes: Uint8Array, malformed: (what: string) => RangeError): NpyHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || !latin1(bytes.subarray(0, 6)).startsWith(MAGIC)) {
    throw malformed(`no .npy file: the first bytes are [${bytes.subarray(0, 6)}]`);
  }
  const version = bytes[6] as number;
  if (version < 1 || version > 3) throw malformed(`version ${version} of the format, expected 1, 2 or 3`);
  const from = version === 1 ? 10 : 12;
  const start = from + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length) throw malformed(`the header ends at ${start}, beyond the file's ${bytes.length} bytes`);
  if (start % 8 !== 0) throw malformed(`the data begins at ${start}, which is not a multiple of 8`);
  const text = latin1(bytes.subarray(from, start)).trim();
  const { descr, fortran_order: fortranOrder, shape } = parseDictionary(text) ?? {};
  if (typeof descr !== "string" || typeof fortranOrder !== "boolean" || !areWhole(shape)) {
    throw malformed(`the header must give descr, fortran_order and shape of a plain array, got ${text}`);
  }
  const dtype = descr.slice(1) as NpyDType;
  if (!/^[<|]/.test(descr) || !Object.hasOwn(BYTES, dtype)) {
    const types = Object.keys(BYTES).join(", ");
    throw malformed(`elements of type "${descr}"; supported are, in little-endian order, ${types}`);
  }
  const wanted = countOf(shape) * BYTES[dtype];
  if (bytes.length - start !== wanted) {
    throw malformed(`${bytes.length - start} bytes of data, expected ${wanted} = ${dtype} × [${shape}]`);
  }
  return { dtype, shape, fortranOrder };
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A Python dictionary of strings, booleans and tuples of numbers: JSON, but for its punctuation. */
function parseDictionary(text: string): Record<string, unknown> | null {
  const json = text
    .replaceAll("'", '"')
    .replace(/\bTrue\b/, "true")
    .replace(/\bFalse\b/, "false")
    .replace(/\(([^()]*?),?\s*\)/, "[$1]")
    .replace(/,\s*\}$/, "}");
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
