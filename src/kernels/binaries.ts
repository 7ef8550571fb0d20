/**
 * The binaries, inlined: `inlined.ts` is written by `npm run build`. Platforms that forbid compiling from bytes get
 * `binaries.workerd.ts` in place of this file.
 */
import type { Variant } from "./abi.js";
import { inlined } from "./inlined.js";
import { type Packed, unpack } from "./unpack.js";

let wide: Packed<"wide"> | undefined;

/** From now on there is a binary of `wide`, which is packed behind that of `relaxed`. */
export function bringWide(packed: Packed<"wide">): void {
  wide = packed;
}

/**
 * The bytes of a variant; messages name `caller`.
 * @throws Error for `wide`, if no entry has brought it
 */
export function binaryOf(variant: Variant, caller?: string): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  if (variant !== "wide") return unpack(inlined, variant, caller);
  if (!wide) throw new Error(`${caller}: variant "wide" has an entry of its own: import affine-wasm/wide first`);
  return unpack(wide, variant, caller, unpack(inlined, "relaxed", caller));
}
