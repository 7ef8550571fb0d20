/**
 * The header of an .npy file: "\x93NUMPY", the version (one byte each for major and minor), the length of the text
 * (2 bytes in version 1, else 4, little-endian), and the text, a Python dictionary such as
 * `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, padded as its writer liked.
 *
 * NumPy evaluates the text as Python; here it has a grammar of its own, which covers all that NumPy writes:
 *
 *     text   = [ \t]* { [entry (, entry)* ,?] } space*      each of the three keys once
 *     entry  = string : (string | True | False | tuple)
 *     tuple  = ( ) | ( size , ) | ( size (, size)+ ,? )
 *     size   = [1-9][0-9]* | 0+, with an L behind it in versions 1 and 2: Python 2 wrote that
 *     string = characters without line end, backslash and quote between two equal quotes, ' or "
 *
 * with white space between its parts. What this refuses and NumPy reads (such as hexadecimal sizes) NumPy never writes.
 * Source: NumPy, numpy/lib/format.py.
 */
import { quoted } from "../../common/quoted.js";
import { countOf, shapeText } from "../shape.js";

/** Bytes of an element. */
const BYTES = { f2: 2, f4: 4, f8: 8, i1: 1, i2: 2, i4: 4, i8: 8, u1: 1, u2: 2, u4: 4, u8: 8, b1: 1 } as const;

/** NumPy's name of an element type, without its byte order. */
export type NpyDType = keyof typeof BYTES;

export interface NpyHeader {
  readonly dtype: NpyDType;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  /** Where the data begins. It goes on to the end. */
  readonly start: number;
}

/** NumPy's limits: of dimensions, and of characters in the text. */
export const MAX_RANK = 64;
const MAX_TEXT = 10_000;

const MAGIC = [0x93, ...Array.from("NUMPY", (each) => each.charCodeAt(0))];
const VERSIONS = ["1.0", "2.0", "3.0"];

type Malformed = (what: string) => RangeError;

/** The header of a whole file, checked against its length. `malformed` makes the error. */
export function readNpyHeader(bytes: Uint8Array, malformed: Malformed): NpyHeader {
  if (bytes.length < 12 || !MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw malformed(`no .npy file: the first bytes are [${bytes.subarray(0, 6)}]`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = `${bytes[6]}.${bytes[7]}`;
  if (!VERSIONS.includes(version)) throw malformed(`version ${version} of the format, expected 1.0, 2.0 or 3.0`);
  const from = bytes[6] === 1 ? 10 : 12;
  const length = bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = from + length;
  if (start > bytes.length) throw malformed(`the header ends at ${start}, beyond the file's ${bytes.length} bytes`);
  if (length > MAX_TEXT) throw malformed(`the header has ${length} bytes, more than the ${MAX_TEXT} allowed`);
  const text = String.fromCharCode(...bytes.subarray(from, start));
  const { dtype, shape, fortranOrder } = new Text(text, bytes[6] !== 3, malformed).read();
  if (shape.length > MAX_RANK)
    throw malformed(`the array has ${shape.length} dimensions, NumPy has at most ${MAX_RANK}`);
  const wanted = countOf(shape) * BYTES[dtype];
  const type = `${dtype} × ${shapeText(shape)}`;
  if (!Number.isSafeInteger(wanted)) throw malformed(`the array is ${type}, more than 2⁵³ bytes`);
  if (bytes.length - start !== wanted) {
    throw malformed(`${bytes.length - start} bytes of data, expected ${wanted} = ${type}`);
  }
  return { dtype, shape, fortranOrder, start };
}

/** The text of a header, from its beginning to where it was read. */
class Text {
  readonly #text: string;
  readonly #python2: boolean;
  readonly #malformed: Malformed;
  #at = 0;

  constructor(text: string, python2: boolean, malformed: Malformed) {
    this.#text = text;
    this.#python2 = python2;
    this.#malformed = malformed;
  }

  read(): Omit<NpyHeader, "start"> {
    const found: { descr?: NpyDType; fortran_order?: boolean; shape?: number[] } = {};
    this.#match(/[ \t]*/y);
    if (!this.#text.startsWith("{", this.#at)) throw this.#unexpected('"{"');
    this.#expect("{");
    while (!this.#take("}")) {
      const key = this.#string();
      if (Object.hasOwn(found, key)) throw this.#malformed(`the header has ${quoted(key)} twice`);
      this.#expect(":");
      if (key === "descr") found.descr = this.#dtype();
      else if (key === "fortran_order") found.fortran_order = this.#boolean();
      else if (key === "shape") found.shape = this.#shape();
      else throw this.#malformed(`the header has ${quoted(key)}, expected descr, fortran_order and shape alone`);
      if (this.#take(",")) continue;
      this.#expect("}");
      break;
    }
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected("the end");
    const { descr, fortran_order, shape } = found;
    if (descr === undefined || fortran_order === undefined || !shape) {
      throw this.#malformed(`the header must give descr, fortran_order and shape, got ${quoted(this.#text.trim())}`);
    }
    return { dtype: descr, shape, fortranOrder: fortran_order };
  }

  #unexpected(expected: string): RangeError {
    const rest = this.#text.slice(this.#at);
    const got = rest ? `got ${quoted(rest)}` : "but it ends";
    return this.#malformed(
      `the header is not as NumPy writes it: expected ${expected} at character ${this.#at}, ${got}`,
    );
  }

  /** What a sticky pattern matches here, which is then behind; undefined if it does not. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }

  #space(): void {
    this.#match(/[ \t\n\r\f]*/y);
  }

  #take(part: string): boolean {
    this.#space();
    if (!this.#text.startsWith(part, this.#at)) return false;
    this.#at += part.length;
    return true;
  }

  #expect(part: string): void {
    if (!this.#take(part)) throw this.#unexpected(`"${part}"`);
  }

  #string(): string {
    this.#space();
    const string = this.#match(/'[^'\\\n\r]*'|"[^"\\\n\r]*"/y);
    if (string === undefined) throw this.#unexpected("a string");
    return string.slice(1, -1);
  }

  #boolean(): boolean {
    if (this.#take("True")) return true;
    if (this.#take("False")) return false;
    throw this.#unexpected("True or False");
  }

  #dtype(): NpyDType {
    const descr = this.#string();
    const dtype = descr.slice(1) as NpyDType;
    if (/^[<|]/.test(descr) && Object.hasOwn(BYTES, dtype)) return dtype;
    const types = Object.keys(BYTES).join(", ");
    throw this.#malformed(`elements of type ${quoted(descr)}; supported are, in little-endian order, ${types}`);
  }

  #shape(): number[] {
    this.#expect("(");
    const shape: number[] = [];
    while (!this.#take(")")) {
      this.#space();
      const size = this.#match(this.#python2 ? /(?:[1-9][0-9]*|0+)(?: *L)?/y : /[1-9][0-9]*|0+/y);
      if (size === undefined) throw this.#unexpected("a whole number of a tuple");
      shape.push(Number.parseInt(size, 10));
      if (this.#take(",")) continue;
      // One number in parentheses is a number, no tuple.
      if (shape.length === 1) throw this.#unexpected('","');
      this.#expect(")");
      break;
    }
    return shape;
  }
}

/** A header as NumPy writes it, in version 1, padded so that the data begins at a multiple of 64. */
export function writeNpyHeader(dtype: NpyDType, shape: readonly number[]): Uint8Array {
  const order = BYTES[dtype] === 1 ? "|" : "<";
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${order}${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start).fill(0x20);
  bytes.set([...MAGIC, 1, 0, (start - 10) & 0xff, (start - 10) >> 8]);
  for (let i = 0; i < text.length; i++) bytes[10 + i] = text.charCodeAt(i);
  bytes[start - 1] = 0x0a;
  return bytes;
}
