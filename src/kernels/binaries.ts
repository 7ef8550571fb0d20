/**
 * The binaries, inlined: `inlined.ts` is written by `npm run build`. Platforms that forbid compiling from bytes get
 * `binaries.workerd.ts` in place of this file.
 */
import type { Variant } from "./abi.js";
import { inlined } from "./inlined.js";
import { unpack } from "./unpack.js";

/** The bytes of a variant; messages name `caller`. */
export function binaryOf(variant: Variant, caller?: string): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return unpack(inlined, variant, caller);
}
