/** Files made wrong: what a cut line, a bad disk or a malicious stranger makes of them. */
import type { Random } from "./cases.js";

/** A copy of a file, changed in one to four ways. */
export function mutated(file: Uint8Array, random: Random): Uint8Array {
  const below = (limit: number) => Math.floor(((random() + 1) / 2) * limit);
  let bytes = new Uint8Array(file);
  for (let times = 1 + below(4); times > 0 && bytes.length > 0; times--) {
    const at = below(bytes.length);
    const length = 1 + below(Math.min(32, bytes.length - at));
    const kind = below(7);
    if (kind === 0) bytes[at] = (bytes[at] as number) ^ (1 << below(8));
    else if (kind === 1) bytes[at] = below(256);
    else if (kind === 2) bytes.fill([0, 127, 128, 255][below(4)] as number, at, at + length);
    else if (kind === 3) bytes = bytes.slice(0, at);
    else if (kind === 4) bytes = Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + length)]);
    else if (kind === 5) bytes = Uint8Array.from([...bytes.slice(0, at + length), ...bytes.slice(at)]);
    else bytes.copyWithin(at, below(bytes.length), below(bytes.length));
  }
  return bytes;
}

/** Holds a reader of files to its promise: an object that can be disposed, or a TypeError or RangeError in its name. */
export function readOrRefuse(read: () => { dispose(): void }, names: RegExp): "read" | "refused" {
  try {
    read().dispose();
    return "read";
  } catch (error) {
    const typed = error instanceof TypeError || error instanceof RangeError;
    if (typed && names.test(error.message) && error.message.length < 1000) return "refused";
    throw error;
  }
}
