/**
 * The binaries, inlined: `inlined.ts` is written by `npm run build`. Platforms that forbid compiling from bytes get
 * `binaries.workerd.ts` in place of this file.
 */
import type { Variant } from "./abi.js";
import { inlined } from "./inlined.js";
import { type Packed, unpack } from "./unpack.js";

/** What entries bring besides: only some have it. */
export const brought: {
  /** The binary of `wide`, packed behind that of `relaxed`. */
  wide?: Packed<"wide">;
  /** Binaries as they are, in Node: unpacking costs the first call two milliseconds. */
  raw?: (variant: keyof typeof inlined.ends) => Uint8Array<ArrayBuffer> | undefined;
} = {};

/**
 * The bytes of a variant; messages name `caller`.
 * @throws Error for `wide`, if no entry has brought it
 */
export function binaryOf(variant: Variant, caller?: string): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  if (variant !== "wide") return brought.raw?.(variant) ?? unpack(inlined, variant, caller);
  if (!brought.wide)
    throw new Error(`${caller}: variant "wide" has an entry of its own: import affine-wasm/wide first`);
  return unpack(brought.wide, variant, caller, binaryOf("relaxed", caller) as Uint8Array);
}
