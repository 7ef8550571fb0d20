/** Writing the safetensors format, which `parse.ts` describes. */
import { checkObject, kindOf } from "../../common/check.js";
import { areWhole } from "../shape.js";
import { byteLengthOf, FORMATS, LENGTH_BYTES, METADATA, SAFETENSORS_DTYPES, type SafeTensor } from "./formats.js";

const CALLER = "writeSafetensors";

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
  checkObject(CALLER, "tensors", tensors);
  checkObject(CALLER, "metadata", metadata);
  const strings = Object.entries(metadata);
  for (const [key, value] of strings) {
    if (typeof value !== "string")
      throw new TypeError(`${CALLER}: metadata "${key}" must be a string, got ${kindOf(value)}`);
    checkUnicode(`metadata "${key}"`, key + value);
  }
  const entries: [string, SafeTensor][] = [...(tensors instanceof Map ? tensors : Object.entries(tensors))];
  for (const [name, tensor] of entries) checkTensor(name, tensor);
  entries.sort(([a, { dtype: s }], [b, { dtype: t }]) => FORMATS[t].bits - FORMATS[s].bits || (a < b ? -1 : 1));

  // Written by hand: as fields of an object, names that are numbers would come first.
  const fields: string[] = [];
  const field = (name: string, value: unknown) => fields.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
  if (strings.length > 0) field(METADATA, metadata);
  let end = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    const begin = end;
    end += data.byteLength;
    field(name, { dtype, shape, data_offsets: [begin, end] });
  }
  const header = new TextEncoder().encode(`{${fields.join(",")}}`);
  const start = LENGTH_BYTES + Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  bytes.set(header, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + header.length, start);
  let at = start;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** Half a surrogate pair is no character, and UTF-8 has no bytes for it. */
function checkUnicode(what: string, text: string): void {
  if (/\p{Surrogate}/u.test(text))
    throw new RangeError(`${CALLER}: ${what} has half a surrogate pair, which UTF-8 cannot hold`);
}

function checkTensor(name: string, tensor: SafeTensor): void {
  const what = `tensor "${name}"`;
  if (typeof name !== "string") throw new TypeError(`${CALLER}: a tensor's name must be a string, got ${kindOf(name)}`);
  if (name === METADATA) throw new RangeError(`${CALLER}: no tensor can be called "${METADATA}"`);
  checkUnicode(what, name);
  checkObject(CALLER, what, tensor);
  const { dtype, shape, data } = tensor;
  if (!SAFETENSORS_DTYPES.includes(dtype)) {
    throw new RangeError(
      `${CALLER}: ${what} has the dtype ${JSON.stringify(dtype)}; there are ${SAFETENSORS_DTYPES.join(", ")}`,
    );
  }
  if (!areWhole(shape)) {
    throw new RangeError(`${CALLER}: ${what} has the shape ${JSON.stringify(shape)}, expected whole numbers`);
  }
  const { array } = FORMATS[dtype];
  if (!(data instanceof array)) {
    throw new TypeError(`${CALLER}: ${what} of ${dtype} must be in a ${array.name}, got ${kindOf(data)}`);
  }
  const wanted = byteLengthOf(dtype, shape);
  if (data.byteLength !== wanted) {
    throw new RangeError(`${CALLER}: ${what} has ${data.byteLength} bytes, expected ${wanted} = ${dtype} × [${shape}]`);
  }
}
