/**
 * The binaries, inlined: `inlined.ts` is written by `npm run build`. Platforms that forbid compiling from bytes get
 * `binaries.workerd.ts` in place of this file.
 */
import type { Variant } from "./abi.js";
import { inlined } from "./inlined.js";
import { decodeInlined } from "./inlinedText.js";

/** The bytes of a variant. */
export function binaryOf(variant: Variant): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return decodeInlined(inlined, variant);
}
