/** UTF-8 without TextEncoder and TextDecoder, which bare realms (an AudioWorklet, jsdom, a shell) do not have. */

/** The bytes of a text. Half a surrogate pair, which UTF-8 cannot hold, becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  // A code unit takes at most three bytes, a pair of them four.
  const bytes = new Uint8Array(3 * text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.codePointAt(i) as number;
    if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
    if (code < 0x80) {
      bytes[length++] = code;
      continue;
    }
    if (code >= 0x10000) {
      i++;
      bytes[length++] = 0xf0 | (code >> 18);
      bytes[length++] = 0x80 | ((code >> 12) & 0x3f);
    } else if (code >= 0x800) bytes[length++] = 0xe0 | (code >> 12);
    if (code >= 0x800) bytes[length++] = 0x80 | ((code >> 6) & 0x3f);
    else bytes[length++] = 0xc0 | (code >> 6);
    bytes[length++] = 0x80 | (code & 0x3f);
  }
  return bytes.slice(0, length);
}

/** Code units that are made into a string at a time: few enough to be arguments of a call. */
const CHUNK = 4096;
const units = new Uint16Array(CHUNK + 1);
/** Up to here it is faster to append one by one. */
const SHORT = 24;

/**
 * The text of bytes `from` to `to`; undefined where they are no UTF-8: overlong forms, surrogates and numbers above U+10FFFF
 * are none (Unicode, table 3-7). A byte order mark stays a character.
 */
export function decodeUtf8(bytes: Uint8Array, from = 0, to = bytes.length): string | undefined {
  return (to - from <= SHORT ? shortAscii(bytes, from, to) : undefined) ?? decode(bytes, from, to);
}

function shortAscii(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = "";
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function decode(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = "";
  let length = 0;
  for (let at = from; at < to; ) {
    if (length >= CHUNK) {
      text += String.fromCharCode.apply(null, units.subarray(0, length) as unknown as number[]);
      length = 0;
    }
    const first = bytes[at] as number;
    if (first < 0x80) {
      units[length++] = first;
      at++;
      continue;
    }
    const size = utf8Size(bytes, at, to);
    if (size === 0) return undefined;
    let code = first & (0x7f >> size);
    for (let i = 1; i < size; i++) code = (code << 6) | ((bytes[at + i] as number) & 0x3f);
    if (code >= 0x10000) {
      units[length++] = 0xd7c0 + (code >> 10);
      units[length++] = 0xdc00 | (code & 0x3ff);
    } else units[length++] = code;
    at += size;
  }
  return text + String.fromCharCode.apply(null, units.subarray(0, length) as unknown as number[]);
}

/** How many bytes the character at `at` takes; 0 if none is there that ends before `to`. */
export function utf8Size(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || at + size > to) return 0;
  const second = bytes[at + 1] as number;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < size; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0;
  return size;
}
