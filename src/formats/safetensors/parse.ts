/**
 * Reading the safetensors format: 8 bytes with the length of the header (unsigned, little-endian), the header in JSON,
 * `{"name": {"dtype", "shape", "data_offsets": [begin, end]}, …, "__metadata__": {string: string}}`, then the data of the
 * tensors, little-endian and row-major, without holes or overlaps. What the reference implementation refuses is refused.
 * Source: https://github.com/huggingface/safetensors, README ("Format") and safetensors/src/tensor.rs.
 */
import { checkBytes } from "../../common/checkRealm.js";
import { quoted } from "../../common/quoted.js";
import { Budget, beyondMaxBytes, type ReadOptions, readLimit, readMaxBytes, warranted } from "../limits.js";
import { shapeText } from "../shape.js";
import {
  byteLengthOf,
  FORMATS,
  LENGTH_BYTES,
  METADATA,
  SAFETENSORS_DTYPES,
  type SafeTensor,
  type Safetensors,
  type SafetensorsDType,
} from "./formats.js";
import { JsonReader } from "./json.js";

/** The reference implementation's limit, too. */
const MAX_HEADER = 100_000_000;

/** Memory that a tensor, a size of its shape and a field of the metadata take beside their texts, and a character of those. */
const TENSOR_COST = 512;
const SIZE_COST = 48;
const FIELD_COST = 200;
const CHARACTER_COST = 2;

export interface SafetensorsOptions extends ReadOptions {
  /**
   * How many bytes of memory the parsed header, and copies of data that is not aligned, may take. Default: 4 times the file
   * and 1 MiB.
   */
  maxMemory?: number | undefined;
}

/** A tensor of the header. */
interface Info {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file.
 *
 * @param options `maxBytes`: default 2³⁰, the limit of all data together; `maxMemory`: default 4 times the file and 1 MiB, so
 *   that a file of nothing but thousands of short names is refused
 * @returns its tensors and metadata. The data of a tensor is a view of `bytes` where its alignment allows, else a copy.
 * @throws TypeError for anything but a Uint8Array, RangeError for a malformed file, with the tensor and the numbers
 */
export function parseSafetensors(bytes: Uint8Array, options: SafetensorsOptions = {}): Safetensors {
  const maxBytes = readMaxBytes("parseSafetensors", options, ["maxMemory"]);
  const { maxMemory } = options;
  const file = checkBytes("parseSafetensors", "bytes", bytes);
  const budget = new Budget(readLimit("parseSafetensors", "maxMemory", maxMemory, warranted(file.length)));
  const start = dataStart(file);
  const length = file.length - start;
  if (length > maxBytes) throw malformed(beyondMaxBytes(length, maxBytes));
  const { found, metadata } = readHeader(file, start, budget);
  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of found) {
    const tensor = `tensor ${quoted(name)}`;
    if (begin < at) throw malformed(`${tensor} begins at ${begin}, within the one before, which ends at ${at}`);
    if (begin > at) throw malformed(`${tensor} begins at ${begin}, leaving a hole from ${at}`);
    if (end > length) throw malformed(`${tensor} ends at ${end}, beyond the ${length} bytes of data`);
    at = end;
  }
  if (at < length) throw malformed(`the tensors end at ${at}, but there are ${length} bytes of data`);
  const tensors = new Map<string, SafeTensor>();
  for (const { name, dtype, shape, begin, end } of found) {
    tensors.set(name, { dtype, shape, data: viewOf(dtype, file, start + begin, end - begin) } as SafeTensor);
  }
  return { tensors, metadata };
}

function malformed(what: string): RangeError {
  return new RangeError(`parseSafetensors: ${what}`);
}

/** Where the header ends and the data begins. */
function dataStart(file: Uint8Array): number {
  if (file.length < LENGTH_BYTES) throw malformed(`${file.length} bytes, too short for the header's length of 8`);
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER) throw malformed(`the header has ${length} bytes, more than the ${MAX_HEADER} allowed`);
  const start = LENGTH_BYTES + Number(length);
  if (start > file.length) throw malformed(`the header ends at ${start}, beyond the file's ${file.length} bytes`);
  return start;
}

function readHeader(
  file: Uint8Array,
  start: number,
  budget: Budget,
): { found: Info[]; metadata: Record<string, string> } {
  const about = `the header of ${start - LENGTH_BYTES} bytes`;
  const json = new JsonReader(file, LENGTH_BYTES, start, (what) => malformed(`${about} is not JSON in UTF-8: ${what}`));
  const spend = (bytes: number, text: string) => {
    if (budget.spend(bytes + CHARACTER_COST * text.length)) return;
    throw malformed(`what ${about} describes would take more memory than options.maxMemory ${budget.limit}`);
  };
  const found: Info[] = [];
  const names = new Set<string>();
  let metadata: Record<string, string> | undefined;
  if (file[LENGTH_BYTES] !== 0x7b && start > LENGTH_BYTES && json.mark() < start) {
    throw malformed(`the header must begin with "{", got ${quoted(String.fromCharCode(file[LENGTH_BYTES] as number))}`);
  }
  json.object((name) => {
    if (names.has(name)) throw malformed(`the header has ${quoted(name)} twice`);
    if (name === METADATA) metadata = readMetadata(json, spend);
    else found.push(readInfo(json, name, spend));
    names.add(name);
  });
  json.end();
  return { found, metadata: metadata ?? {} };
}

type Spend = (bytes: number, text: string) => void;

function readMetadata(json: JsonReader, spend: Spend): Record<string, string> {
  if (json.null()) return {};
  if (json.peek() !== "{") throw malformed(`${METADATA} must be an object, got ${json.shown()}`);
  const fields = new Map<string, string>();
  json.object((key) => {
    if (fields.has(key)) throw malformed(`${METADATA} has ${quoted(key)} twice`);
    if (json.peek() !== '"') throw malformed(`${METADATA} ${quoted(key)} must be a string, got ${json.shown()}`);
    const value = json.string();
    spend(FIELD_COST, key);
    spend(0, value);
    fields.set(key, value);
  });
  return Object.fromEntries(fields);
}

function readInfo(json: JsonReader, name: string, spend: Spend): Info {
  const refuse = (what: string) => malformed(`tensor ${quoted(name)} ${what}`);
  if (json.peek() !== "{") throw refuse(`must be an object, got ${json.shown()}`);
  spend(TENSOR_COST, name);
  let dtype: SafetensorsDType | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  json.object((key) => {
    if ((key === "dtype" && dtype) || (key === "shape" && shape) || (key === "data_offsets" && offsets)) {
      throw refuse(`has ${key} twice`);
    }
    if (key === "dtype") {
      const text = json.peek() === '"' ? json.string() : json.shown();
      dtype = SAFETENSORS_DTYPES.find((each) => each === text);
      if (!dtype) throw refuse(`has the dtype ${quoted(text)}; there are ${SAFETENSORS_DTYPES.join(", ")}`);
    } else if (key === "shape") shape = readWholes(json, "shape", "whole numbers", refuse, spend);
    else if (key === "data_offsets") {
      const expected = "two whole numbers";
      const mark = json.mark();
      offsets = readWholes(json, "data_offsets", expected, refuse, spend);
      if (offsets.length === 2) return;
      json.return(mark);
      throw refuse(`has the data_offsets ${json.shown()}, expected ${expected}`);
    } else json.skip();
  });
  if (!dtype) throw refuse("has no dtype");
  if (!shape) throw refuse("has no shape");
  if (!offsets) throw refuse("has no data_offsets");
  const [begin, end] = offsets as readonly [number, number];
  const wanted = byteLengthOf(dtype, shape);
  const type = `${dtype} × ${shapeText(shape)}`;
  if (Number.isNaN(wanted)) throw refuse(`is ${type}, which is no whole number of bytes below 2⁵³`);
  if (end - begin !== wanted) {
    throw refuse(`has ${end - begin} bytes from ${begin} to ${end}, expected ${wanted} = ${type}`);
  }
  return { name, dtype, shape, begin, end };
}

/** An array of whole numbers, named in the errors. */
function readWholes(
  json: JsonReader,
  key: string,
  expected: string,
  refuse: (what: string) => Error,
  spend: Spend,
): readonly number[] {
  const mark = json.mark();
  const wholes: number[] = [];
  const other = () => {
    json.return(mark);
    return refuse(`has the ${key} ${json.shown()}, expected ${expected}`);
  };
  if (json.peek() !== "[") throw other();
  json.array(() => {
    const whole = json.whole();
    if (whole === undefined) throw other();
    spend(SIZE_COST, "");
    wholes.push(whole);
  });
  return wholes;
}

/** The elements in `length` bytes of the file: in place, or copied to where their alignment allows an array. */
function viewOf(dtype: SafetensorsDType, file: Uint8Array, from: number, length: number): SafeTensor["data"] {
  const { array } = FORMATS[dtype];
  const elements = length / array.BYTES_PER_ELEMENT;
  const at = file.byteOffset + from;
  if (at % array.BYTES_PER_ELEMENT === 0) return new array(file.buffer as ArrayBuffer, at, elements);
  return new array(new Uint8Array(file.subarray(from, from + length)).buffer, 0, elements);
}
