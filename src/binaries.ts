/**
 * The binaries, inlined: `inlined.ts` is written by `npm run build:wasm`, and `scripts/inline.ts` tells how its text holds
 * the bytes. Platforms that forbid compiling from bytes get `binaries.workerd.ts` in place of this file.
 */
import type { Variant } from "./abi.js";
import { alphabet, common, texts } from "./inlined.js";

/** The bytes of a variant. Every program starts here, in an engine's slowest gear: hence the tables. */
export function binaryOf(variant: Variant): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  const codes = new TextEncoder().encode(texts[variant]);
  const singles = common.length / 2;
  const firstOfPair = alphabet.charCodeAt(singles);
  const digits = new Uint8Array(128);
  const singleBytes = new Uint8Array(128);
  for (let i = 0; i < alphabet.length; i++) {
    digits[alphabet.charCodeAt(i)] = i;
    singleBytes[alphabet.charCodeAt(i)] = Number.parseInt(common.slice(2 * i, 2 * i + 2), 16);
  }
  // In place: a byte never takes more room than its text.
  let length = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    codes[length++] = (
      code < firstOfPair
        ? singleBytes[code]
        : (code - firstOfPair) * alphabet.length + (digits[codes[++i] as number] as number)
    ) as number;
  }
  return codes.slice(0, length);
}
