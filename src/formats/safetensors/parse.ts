/**
 * Reading the safetensors format: 8 bytes with the length of the header (unsigned, little-endian), the header in JSON,
 * `{"name": {"dtype", "shape", "data_offsets": [begin, end]}, …, "__metadata__": {string: string}}`, then the data of the
 * tensors, little-endian and row-major, without holes or overlaps. What the reference implementation refuses is refused.
 * Source: https://github.com/huggingface/safetensors, README ("Format") and safetensors/src/tensor.rs.
 */
import { kindOf } from "../../common/check.js";
import { areWhole } from "../shape.js";
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

/** The reference implementation's limit, too. */
const MAX_HEADER = 100_000_000;

/**
 * Reads a safetensors file.
 *
 * @returns its tensors and metadata. The data of a tensor is a view of `bytes` where its alignment allows, else a copy.
 * @throws TypeError for anything but a Uint8Array, RangeError for a malformed file, with the tensor and the numbers
 */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`parseSafetensors: bytes must be a Uint8Array, got ${kindOf(bytes)}`);
  }
  const { header, start } = readHeader(bytes);
  const { [METADATA]: metadata, ...infos } = header;
  checkMetadata(metadata);
  const found = Object.entries(infos).map(([name, info]) => readInfo(name, info));
  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const length = bytes.length - start;
  let at = 0;
  for (const { name, begin, end } of found) {
    if (begin < at) throw malformed(`tensor "${name}" begins at ${begin}, within the one before, which ends at ${at}`);
    if (begin > at) throw malformed(`tensor "${name}" begins at ${begin}, leaving a hole from ${at}`);
    if (end > length) throw malformed(`tensor "${name}" ends at ${end}, beyond the ${length} bytes of data`);
    at = end;
  }
  if (at < length) throw malformed(`the tensors end at ${at}, but there are ${length} bytes of data`);
  const tensors = found.map(({ name, dtype, shape, begin, end }) => {
    const data = viewOf(dtype, bytes.subarray(start + begin, start + end));
    return [name, { dtype, shape, data } as SafeTensor] as const;
  });
  return { tensors: new Map(tensors), metadata: metadata ?? {} };
}

function malformed(what: string): RangeError {
  return new RangeError(`parseSafetensors: ${what}`);
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (bytes.length < LENGTH_BYTES) throw malformed(`${bytes.length} bytes, too short for the header's length of 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER) throw malformed(`the header has ${length} bytes, more than the ${MAX_HEADER} allowed`);
  const start = LENGTH_BYTES + Number(length);
  if (start > bytes.length) throw malformed(`the header ends at ${start}, beyond the file's ${bytes.length} bytes`);
  let text: string;
  let header: unknown;
  try {
    // Copied, since a decoder refuses shared memory.
    const copy = new Uint8Array(bytes.subarray(LENGTH_BYTES, start));
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(copy);
    header = JSON.parse(text);
  } catch (error) {
    throw malformed(`the header of ${length} bytes is not JSON in UTF-8: ${(error as Error).message}`);
  }
  if (!text.startsWith("{")) throw malformed(`the header must begin with "{", got ${JSON.stringify(text[0])}`);
  const twice = repeatedKey(text);
  if (twice !== undefined) throw malformed(`the header has ${JSON.stringify(twice)} twice`);
  return { header: header as Record<string, unknown>, start };
}

/** A key that an object of this valid JSON text has twice; `JSON.parse` keeps the last without a word. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  const colon = /\s*:/y;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{") open.push(new Set());
    else if (text[at] === "}") open.pop();
    else if (text[at] === '"') {
      const from = at++;
      while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
      colon.lastIndex = at + 1;
      if (!colon.test(text)) continue;
      const key = JSON.parse(text.slice(from, at + 1)) as string;
      const keys = open.at(-1) as Set<string>;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkMetadata(metadata: unknown): asserts metadata is Record<string, string> | null | undefined {
  if (metadata === undefined || metadata === null) return;
  if (!isRecord(metadata)) throw malformed(`${METADATA} must be an object, got ${JSON.stringify(metadata)}`);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === "string") continue;
    throw malformed(`${METADATA} "${key}" must be a string, got ${JSON.stringify(value)}`);
  }
}

function readInfo(name: string, info: unknown) {
  const refuse = (what: string) => malformed(`tensor "${name}" ${what}`);
  if (!isRecord(info)) throw refuse(`must be an object, got ${JSON.stringify(info)}`);
  const { shape, data_offsets: offsets } = info;
  const dtype = info.dtype as SafetensorsDType;
  if (!SAFETENSORS_DTYPES.includes(dtype)) {
    throw refuse(`has the dtype ${JSON.stringify(dtype)}; there are ${SAFETENSORS_DTYPES.join(", ")}`);
  }
  if (!areWhole(shape)) throw refuse(`has the shape ${JSON.stringify(shape)}, expected whole numbers`);
  if (!areWhole(offsets) || offsets.length !== 2) {
    throw refuse(`has the data_offsets ${JSON.stringify(offsets)}, expected two whole numbers`);
  }
  const [begin, end] = offsets as readonly [number, number];
  const wanted = byteLengthOf(dtype, shape);
  if (Number.isNaN(wanted)) throw refuse(`is ${dtype} × [${shape}], which is no whole number of bytes below 2⁵³`);
  if (end - begin !== wanted) {
    throw refuse(`has ${end - begin} bytes from ${begin} to ${end}, expected ${wanted} = ${dtype} × [${shape}]`);
  }
  return { name, dtype, shape, begin, end };
}

/** The elements in these bytes: in place, or copied to where their alignment allows an array. */
function viewOf(dtype: SafetensorsDType, bytes: Uint8Array): SafeTensor["data"] {
  const { array } = FORMATS[dtype];
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / array.BYTES_PER_ELEMENT);
}
