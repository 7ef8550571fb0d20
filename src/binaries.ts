/**
 * The binaries, inlined: `inlined.ts` is written by `npm run build:wasm`.
 *
 * Hexadecimal, not base64: gzip then still sees the bytes where they are, and the package is a third smaller on the wire.
 * Platforms that forbid compiling from bytes get `binaries.workerd.ts` in place of this file.
 */
import type { Variant } from "./abi.js";
import { inlined } from "./inlined.js";

/** The bytes of a variant. */
export function binaryOf(variant: Variant): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  const hex = inlined[variant];
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (digit(hex.charCodeAt(2 * i)) << 4) | digit(hex.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** "0" is 48, "a" is 97. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
