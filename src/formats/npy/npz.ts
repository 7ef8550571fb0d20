/** Archives of NumPy's arrays, `.npz`: fflate packs and unpacks, what the archive says of itself is checked here before. */
import { Inflate, inflateSync, zipSync } from "fflate";
import { checkBoolean, checkFields, checkObject, kindOf } from "../../common/check.js";
import { checkBytes } from "../../common/checkRealm.js";
import { listed, quoted } from "../../common/quoted.js";
import { entriesOf } from "../../common/records.js";
import { beyondMaxBytes, type ReadOptions, readMaxBytes, warranted } from "../limits.js";
import { type NpyArray, type NpySource, readArray, writeArray } from "./npy.js";
import { crc32, MAX_RATIO, readZipDirectory, type ZipEntry } from "./zip.js";

export interface NpzOptions extends ReadOptions {
  /**
   * The arrays to read: their names, or a function that is asked for each name. Default: all. The rest is neither unpacked nor
   * counted, and may be of types that `readNpy` refuses.
   */
  members?: readonly string[] | ((name: string) => boolean) | undefined;
}

/** What the names of arrays end in. */
const SUFFIX = ".npy";
/** The length of a name is a number of 16 bits. */
const MAX_NAME = 0xffff - SUFFIX.length;

/**
 * Reads an .npz archive, as `numpy.savez` and `savez_compressed` write it. Members that are no .npy files are left out. The
 * sizes that the archive declares are held against its bytes and `maxBytes` before anything is unpacked, and against what
 * came out.
 *
 * @param options `members`: which arrays, default all; `maxBytes`: default 2³⁰, the limit of all those together
 * @returns the arrays by name
 * @throws as `readNpy`, naming the member
 */
export function readNpz(bytes: Uint8Array, options: NpzOptions = {}): Map<string, NpyArray> {
  const maxBytes = readMaxBytes("readNpz", options, ["members"]);
  const { members } = options;
  const file = checkBytes("readNpz", "bytes", bytes);
  const found = new Map<string, ZipEntry>();
  for (const entry of readZipDirectory(file, malformed)) {
    if (entry.name.endsWith(SUFFIX)) found.set(entry.name.slice(0, -SUFFIX.length), entry);
  }
  const picked = pick(found, members);
  const declared = picked.reduce((sum, [, { size }]) => sum + size, 0);
  if (declared > maxBytes) throw malformed(beyondMaxBytes(declared, maxBytes));
  // The function that picked them may have done anything.
  if (checkBytes("readNpz", "bytes", bytes).length !== file.length)
    throw malformed("bytes changed its length meanwhile");
  const arrays = new Map<string, NpyArray>();
  for (const [name, entry] of picked) {
    const member = quoted(entry.name);
    arrays.set(name, readArray(`readNpz: ${member}`, unpack(file, entry, member)));
  }
  return arrays;
}

function malformed(what: string): RangeError {
  return new RangeError(`readNpz: ${what}`);
}

/** The members that are asked for. */
function pick(found: ReadonlyMap<string, ZipEntry>, members: unknown): [string, ZipEntry][] {
  if (members === undefined) return [...found];
  if (typeof members === "function") return [...found].filter(([name]) => members(name));
  if (!Array.isArray(members) || !members.every((name) => typeof name === "string")) {
    throw new TypeError(`readNpz: options.members must be an array of names or a function, got ${kindOf(members)}`);
  }
  return [...new Set<string>(members)].map((name) => {
    const entry = found.get(name);
    if (!entry) throw malformed(`it has no ${quoted(name)}; there are ${listed([...found.keys()]) || "none"}`);
    return [name, entry];
  });
}

/** The bytes of a member, as many as it declares. */
function unpack(file: Uint8Array, entry: ZipEntry, member: string): Uint8Array {
  const { method, start, packed, size, crc, encrypted } = entry;
  if (encrypted) throw malformed(`${member} is encrypted`);
  if (method !== 0 && method !== 8) throw malformed(`${member} is packed by method ${method}, expected 0 or 8`);
  const from = file.subarray(start, start + packed);
  const bytes = method === 0 ? from : inflate(from, size, member);
  const got = crc32(bytes);
  if (got !== crc) throw malformed(`${member} has the checksum ${got}, expected ${crc}`);
  return bytes;
}

/** Bytes that may be unpacked in vain. */
const IN_VAIN = 2 ** 24;

/** Unpacks as many bytes as are declared, and stops soon after. */
function inflate(packed: Uint8Array, size: number, member: string): Uint8Array {
  const beyond = () => malformed(`${member} has more than ${size} bytes, expected ${size}`);
  const bytes = new Uint8Array(size + 1);
  let at = 0;
  try {
    if (MAX_RATIO * packed.length <= IN_VAIN + 4 * size) {
      // One byte more than declared shows whether more would come: fflate drops what has no room, and goes on to the end.
      at = inflateSync(packed, { out: bytes }).length;
    } else {
      const stream = new Inflate((part) => {
        if (at + part.length > size) throw beyond();
        bytes.set(part, at);
        at += part.length;
      });
      const slice = sliceOf(packed.length, size);
      for (let from = 0; from < packed.length; from += slice) {
        stream.push(packed.subarray(from, from + slice), from + slice >= packed.length);
      }
    }
  } catch (error) {
    if (error instanceof RangeError && error.message.startsWith("readNpz: ")) throw error;
    throw malformed(`${member} cannot be unpacked: ${(error as Error).message}`);
  }
  if (at > size) throw beyond();
  if (at < size) throw malformed(`${member} has ${at} bytes, expected ${size}`);
  return bytes.subarray(0, size);
}

/** Packed bytes that are unpacked at a time: what may come of them, three times in fflate, fits what the file warrants. */
function sliceOf(packed: number, size: number): number {
  return Math.max(256, Math.floor(warranted(packed + size) / 2 / (3 * MAX_RATIO)));
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
  const entries = entriesOf(arrays);
  if (!entries) throw new TypeError(`writeNpz: arrays must be a Map or a plain object, got ${kindOf(arrays)}`);
  checkFields("writeNpz", "options", options, ["compress"]);
  const { compress = false } = options;
  checkBoolean("writeNpz", "options.compress", compress);
  const files = entries.map(([name, array]) => {
    checkName(name);
    const what = quoted(name);
    checkObject("writeNpz", what, array);
    const { data, shape } = array as NpySource;
    return [name + SUFFIX, writeArray("writeNpz", what, data, shape)];
  });
  // The earliest time that the format knows, as NumPy does.
  return zipSync(Object.fromEntries(files), { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
}

function checkName(name: unknown): asserts name is string {
  if (typeof name !== "string") throw new TypeError(`writeNpz: an array's name must be a string, got ${kindOf(name)}`);
  if (/\p{Surrogate}/u.test(name)) {
    throw new RangeError(`writeNpz: ${quoted(name)} has half a surrogate pair, which UTF-8 cannot hold`);
  }
  if (3 * name.length > MAX_NAME) {
    throw new RangeError(
      `writeNpz: ${quoted(name)} is too long for a name, expected at most ${Math.floor(MAX_NAME / 3)}`,
    );
  }
}
