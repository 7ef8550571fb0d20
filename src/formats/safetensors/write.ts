/** Writing the safetensors format, which `parse.ts` describes. */

import { bytesUnder } from "../../common/bytes.js";
import { checkObject, kindOf } from "../../common/check.js";
import { checkView } from "../../common/checkRealm.js";
import { quoted } from "../../common/quoted.js";
import type { ClassOf } from "../../common/realm.js";
import { checkRecord, entriesOf } from "../../common/records.js";
import type { TypedArray } from "../../common/typedArrays.js";
import { encodeUtf8 } from "../../common/utf8.js";
import { shapeText, wholesOf } from "../shape.js";
import {
  byteLengthOf,
  FORMATS,
  LENGTH_BYTES,
  METADATA,
  SAFETENSORS_DTYPES,
  type SafeTensor,
  type SafetensorsDType,
} from "./formats.js";

const CALLER = "writeSafetensors";

/** A tensor of the caller's, read once. */
interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Writes a safetensors file: wider elements first, then by name, so that all data is aligned and the bytes do not depend
 * on the order of the tensors.
 *
 * @param metadata anything about the file, in strings
 * @throws TypeError or RangeError for a tensor whose data does not fit its dtype and shape, naming it
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor> | Readonly<Record<string, SafeTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const given = entriesOf(tensors);
  if (!given) throw new TypeError(`${CALLER}: tensors must be a Map or a plain object, got ${kindOf(tensors)}`);
  const strings = readMetadata(metadata);
  const entries = given.map(([name, tensor]) => readTensor(name, tensor));
  entries.sort((a, b) => FORMATS[b.dtype].bits - FORMATS[a.dtype].bits || (a.name < b.name ? -1 : 1));

  // Written by hand: as fields of an object, names that are numbers would come first.
  const fields: string[] = [];
  const field = (name: string, value: string) => fields.push(`${JSON.stringify(name)}:${value}`);
  if (strings.length > 0) {
    field(METADATA, `{${strings.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`);
  }
  let end = 0;
  for (const { name, dtype, shape, bytes } of entries) {
    const begin = end;
    end += bytes.length;
    field(name, `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`);
  }
  const header = encodeUtf8(`{${fields.join(",")}}`);
  const start = LENGTH_BYTES + Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(start + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  file.set(header, LENGTH_BYTES);
  file.fill(0x20, LENGTH_BYTES + header.length, start);
  let at = start;
  for (const { bytes } of entries) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function readMetadata(metadata: unknown): [string, string][] {
  checkRecord(CALLER, "metadata", metadata);
  return Object.entries(metadata).map(([key, value]) => {
    const what = `metadata ${quoted(key)}`;
    if (typeof value !== "string") throw new TypeError(`${CALLER}: ${what} must be a string, got ${kindOf(value)}`);
    checkUnicode(what, key + value);
    return [key, value];
  });
}

/** Half a surrogate pair is no character, and UTF-8 has no bytes for it. */
function checkUnicode(what: string, text: string): void {
  if (/\p{Surrogate}/u.test(text))
    throw new RangeError(`${CALLER}: ${what} has half a surrogate pair, which UTF-8 cannot hold`);
}

function readTensor(name: unknown, tensor: unknown): Entry {
  if (typeof name !== "string") throw new TypeError(`${CALLER}: a tensor's name must be a string, got ${kindOf(name)}`);
  if (name === METADATA) throw new RangeError(`${CALLER}: no tensor can be called "${METADATA}"`);
  const what = `tensor ${quoted(name)}`;
  checkUnicode(what, name);
  checkObject(CALLER, what, tensor);
  const { dtype, shape: sizes, data } = tensor as SafeTensor;
  if (!SAFETENSORS_DTYPES.includes(dtype)) {
    const got = typeof dtype === "string" ? quoted(dtype) : kindOf(dtype);
    throw new RangeError(`${CALLER}: ${what} has the dtype ${got}; there are ${SAFETENSORS_DTYPES.join(", ")}`);
  }
  const shape = wholesOf(sizes);
  if (!shape) throw new RangeError(`${CALLER}: ${what} has the shape ${shapeText(sizes)}, expected whole numbers`);
  const array = FORMATS[dtype].array as ClassOf<TypedArray>;
  const bytes = bytesUnder(checkView(CALLER, `the data of ${what}, ${dtype},`, data, array));
  const wanted = byteLengthOf(dtype, shape);
  if (bytes.length !== wanted) {
    const expected = Number.isNaN(wanted) ? "a whole number of bytes below 2⁵³" : `${wanted}`;
    throw new RangeError(
      `${CALLER}: ${what} has ${bytes.length} bytes, expected ${expected} = ${dtype} × ${shapeText(shape)}`,
    );
  }
  return { name, dtype, shape, bytes };
}
