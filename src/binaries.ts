/**
 * The binaries, inlined: `inlined.ts` is written by `npm run build:wasm`, and `scripts/inline.ts` tells how its text holds
 * the bytes. Platforms that forbid compiling from bytes get `binaries.workerd.ts` in place of this file.
 */
import type { Variant } from "./abi.js";
import { common, texts } from "./inlined.js";

/** Characters of the alphabet, those among them that stand for a byte alone. */
const CHARACTERS = 90;
const SINGLES = 87;

/** The bytes of a variant. */
export function binaryOf(variant: Variant): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  const text = texts[variant];
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const rank = digit(text.charCodeAt(i)) - SINGLES;
    bytes[length++] =
      rank < 0
        ? Number.parseInt(common.slice(2 * (rank + SINGLES), 2 * (rank + SINGLES) + 2), 16)
        : rank * CHARACTERS + digit(text.charCodeAt(++i));
  }
  return bytes.slice(0, length);
}

/** Where a character stands among the printable ones, " $ ' \ and ` (34, 36, 39, 92, 96) left out. */
function digit(code: number): number {
  return code - 32 - +(code > 34) - +(code > 36) - +(code > 39) - +(code > 92) - +(code > 96);
}
