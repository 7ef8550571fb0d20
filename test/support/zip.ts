/** Zip archives field by field, also such as no program would write. Node only. */
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipMember {
  readonly name: string | Uint8Array;
  /** As it is in the archive; default: `content` deflated, or as it is if `method` is 0. */
  readonly packed?: Uint8Array;
  readonly content: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** What the directory says of it, if not the truth. */
  readonly size?: number;
  readonly packedSize?: number;
  readonly at?: number;
  /** Its name where it lies, if not `name`. */
  readonly localName?: string;
  /** Sizes and place are in a field of 64 bits. */
  readonly zip64?: boolean;
}

export interface ZipEnd {
  readonly count?: number;
  readonly length?: number;
  readonly at?: number;
  readonly disk?: number;
  readonly comment?: string;
  readonly zip64?: boolean;
  /** Bytes between the directory and its end. */
  readonly gap?: Uint8Array;
}

type Part = [2 | 4 | 8, number] | string | Uint8Array;

/** Numbers of 2, 4 or 8 bytes, texts and bytes, one after the other. */
function fields(...parts: Part[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === "string") return Buffer.from(part);
      if (part instanceof Uint8Array) return part;
      const [size, value] = part;
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(value));
      return bytes.subarray(0, size);
    }),
  );
}

/** `crc32` of zlib where Node has it. */
export function checksum(bytes: Uint8Array): number {
  if (crc32) return crc32(bytes);
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

export function zipOf(members: readonly ZipMember[], end: ZipEnd = {}): Uint8Array {
  const locals: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 0;
  for (const member of members) {
    const { name, content, method = 8, flags = 0, crc = checksum(content), zip64 } = member;
    const packed = member.packed ?? (method === 0 ? content : deflateRawSync(content));
    const bytes = typeof name === "string" ? Buffer.from(name) : name;
    const flag = typeof name === "string" && bytes.length > name.length ? flags | 0x800 : flags;
    const size = member.size ?? content.length;
    const packedSize = member.packedSize ?? packed.length;
    const place = member.at ?? at;
    const common = fields([2, 20], [2, flag], [2, method], [4, 0x210000], [4, crc]);
    const short = (value: number) => [4, zip64 ? 0xffffffff : value] as [4, number];
    const extra = zip64 ? fields([2, 1], [2, 24], [8, size], [8, packedSize], [8, place]) : new Uint8Array(0);
    const localName = Buffer.from(member.localName ?? bytes);
    const local = fields(
      [4, 0x04034b50],
      common,
      [4, packedSize],
      [4, size],
      [2, localName.length],
      [2, 0],
      localName,
      packed,
    );
    entries.push(
      fields([4, 0x02014b50], [2, 20], common, short(packedSize), short(size), [2, bytes.length], [2, extra.length]),
      fields([2, 0], [2, 0], [2, 0], [4, 0], short(place), bytes, extra),
    );
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(entries);
  const {
    count = members.length,
    length = directory.length,
    disk = 0,
    comment = "",
    zip64,
    gap = new Uint8Array(0),
  } = end;
  const start = end.at ?? at;
  const large = zip64
    ? fields(
        ...([
          [4, 0x06064b50],
          [8, 44],
          [2, 45],
          [2, 45],
          [4, disk],
          [4, disk],
          [8, count],
          [8, count],
          [8, length],
        ] as Part[]),
        ...([
          [8, start],
          [4, 0x07064b50],
          [4, 0],
          [8, at + directory.length + gap.length],
          [4, 1],
        ] as Part[]),
      )
    : new Uint8Array(0);
  const small = (value: number, limit: number) => (zip64 ? limit : value);
  const [counts, sizes] = [small(count, 0xffff), small(length, 0xffffffff)];
  const tail = fields(
    [4, 0x06054b50],
    [2, disk],
    [2, disk],
    [2, counts],
    [2, counts],
    [4, sizes],
    [4, small(start, 0xffffffff)],
  );
  return new Uint8Array(Buffer.concat([...locals, directory, gap, large, tail, fields([2, comment.length], comment)]));
}
