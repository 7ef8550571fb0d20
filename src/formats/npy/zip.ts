/**
 * The directory of a zip archive, read and held against the bytes that are there before anything is unpacked: counts, sizes,
 * places and overlaps. Names are UTF-8 if flagged so, else code page 437, as Python has it.
 * Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3; Python, Lib/zipfile.
 */
import { quoted } from "../../common/quoted.js";
import { decodeUtf8 } from "../../common/utf8.js";

/** A member of an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly encrypted: boolean;
  /** 0 is stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  /** Bytes in the archive, where they begin, and bytes when unpacked. */
  readonly packed: number;
  readonly start: number;
  readonly size: number;
}

export type Malformed = (what: string) => RangeError;

/** Bytes of the end of the directory, of its 64-bit form and of that form's locator, of an entry, and of a member's header. */
const [END, END64, LOCATOR, ENTRY, LOCAL] = [22, 56, 20, 46, 30] as const;
const MAX_COMMENT = 0xffff;
/** Deflate makes at most so many bytes of one. */
export const MAX_RATIO = 1032;

const CP437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** The members of an archive, in the order of its directory. */
export function readZipDirectory(file: Uint8Array, malformed: Malformed): ZipEntry[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const { count, at: begin, end } = findDirectory(view, malformed);
  if (count * ENTRY > end - begin || count * (ENTRY + LOCAL) > end) {
    throw malformed(`it declares ${count} members, which ${end} bytes cannot hold`);
  }
  const entries: ZipEntry[] = [];
  const places: { from: number; entry: ZipEntry }[] = [];
  const names = new Set<string>();
  let at = begin;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY > end || view.getUint32(at, true) !== 0x02014b50) throw malformed(`no entry ${i} at byte ${at}`);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + ENTRY + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > end) throw malformed(`entry ${i} at byte ${at} ends beyond the directory`);
    const name = readName(file, at + ENTRY, nameLength, (view.getUint16(at + 8, true) & 0x800) !== 0, i, malformed);
    if (names.has(name)) throw malformed(`it has ${quoted(name)} twice`);
    names.add(name);
    const place = readEntry(view, at, name, begin, malformed);
    entries.push(place.entry);
    places.push(place);
    at = next;
  }
  if (at !== end) throw malformed(`its directory has ${end - at} bytes behind the last of ${count} entries`);
  places.sort((a, b) => a.from - b.from);
  let before: ZipEntry | undefined;
  for (const { from, entry } of places) {
    if (before && from < before.start + before.packed) {
      throw malformed(`${quoted(entry.name)} begins at ${from}, within ${quoted(before.name)}`);
    }
    before = entry;
  }
  return entries;
}

/** Where the entries are, and how many: from the end of the file, in its 32- or 64-bit form. */
function findDirectory(view: DataView, malformed: Malformed): { count: number; at: number; end: number } {
  const size = view.byteLength;
  let tail = size - END;
  for (; tail >= Math.max(0, size - END - MAX_COMMENT); tail--) {
    if (view.getUint32(tail, true) === 0x06054b50 && tail + END + view.getUint16(tail + 20, true) === size) break;
  }
  if (tail < Math.max(0, size - END - MAX_COMMENT))
    throw malformed("no zip archive that can be read: it has no directory at its end");
  let count = view.getUint16(tail + 10, true);
  let length = view.getUint32(tail + 12, true);
  let at = view.getUint32(tail + 16, true);
  let disks = view.getUint16(tail + 4, true) | view.getUint16(tail + 6, true);
  let own = view.getUint16(tail + 8, true);
  let end = tail;
  const locator = tail - LOCATOR;
  if (locator >= END64 && view.getUint32(locator, true) === 0x07064b50) {
    end = big(view, locator + 8);
    if (end + END64 !== locator || view.getUint32(end, true) !== 0x06064b50) {
      throw malformed(`its 64-bit directory is said to end at ${end}, which is not before byte ${locator}`);
    }
    disks = view.getUint32(end + 16, true) | view.getUint32(end + 20, true);
    own = big(view, end + 24);
    count = big(view, end + 32);
    length = big(view, end + 40);
    at = big(view, end + 48);
  }
  if (disks !== 0 || own !== count) throw malformed("it is one part of several");
  if (at + length !== end) {
    throw malformed(`its directory of ${length} bytes is said to be at ${at}, but ends at ${end}`);
  }
  return { count, at, end };
}

/** A 64-bit number; what is beyond 2⁵³ is rounded, and too large for any file. */
function big(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function readName(
  file: Uint8Array,
  at: number,
  length: number,
  utf8: boolean,
  i: number,
  malformed: Malformed,
): string {
  let name: string | undefined = "";
  if (utf8) name = decodeUtf8(file, at, at + length);
  else
    for (const byte of file.subarray(at, at + length))
      name += byte < 0x80 ? String.fromCharCode(byte) : CP437[byte - 0x80];
  if (name === undefined) throw malformed(`the name of entry ${i} is not UTF-8`);
  return name;
}

/** The entry at `at`, and where its member begins. */
function readEntry(view: DataView, at: number, name: string, limit: number, malformed: Malformed) {
  const refuse = (what: string) => malformed(`${quoted(name)} ${what}`);
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const [packed, size, from] = readSizes(view, at, refuse);
  if (from + LOCAL > limit || view.getUint32(from, true) !== 0x04034b50)
    throw refuse(`is said to be at ${from}, but is not`);
  const nameLength = view.getUint16(from + 26, true);
  const start = from + LOCAL + nameLength + view.getUint16(from + 28, true);
  if (start + packed > limit) throw refuse(`ends at ${start + packed}, beyond the ${limit} bytes of members`);
  let same = nameLength === view.getUint16(at + 28, true);
  for (let i = 0; i < nameLength && same; i++) same = view.getUint8(from + LOCAL + i) === view.getUint8(at + ENTRY + i);
  if (!same) throw refuse("has another name where it lies");
  if (method === 0 && packed !== size) throw refuse(`is stored in ${packed} bytes, but has ${size}`);
  if (size > MAX_RATIO * packed) throw refuse(`is said to have ${size} bytes, more than ${packed} can hold`);
  const crc = view.getUint32(at + 16, true);
  return { from, entry: { name, encrypted: (flags & 1) !== 0, method, crc, packed, start, size } };
}

/** Bytes in the archive, bytes unpacked, and the place of an entry: those that do not fit 32 bits are in an extra field. */
function readSizes(view: DataView, at: number, refuse: Malformed): [number, number, number] {
  let size = view.getUint32(at + 24, true);
  let packed = view.getUint32(at + 20, true);
  let from = view.getUint32(at + 42, true);
  if (Math.max(size, packed, from) < 0xffffffff) return [packed, size, from];
  const end = at + ENTRY + view.getUint16(at + 28, true) + view.getUint16(at + 30, true);
  for (let field = end - view.getUint16(at + 30, true); field + 4 <= end; ) {
    let value = field + 4;
    const next = value + view.getUint16(field + 2, true);
    if (next > end) break;
    if (view.getUint16(field, true) === 1) {
      const take = (small: number) => {
        if (small < 0xffffffff) return small;
        if (value + 8 > next) throw refuse("lacks a size of 64 bits");
        value += 8;
        return big(view, value - 8);
      };
      size = take(size);
      packed = take(packed);
      from = take(from);
      return [packed, size, from];
    }
    field = next;
  }
  return [packed, size, from];
}

let table: Uint32Array | undefined;

/** CRC-32 of ISO 3309, reflected, with the polynomial 0xEDB88320. */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, i) => {
    let rest = i;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    return rest;
  });
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (table[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}
