/** The binaries of `assembly/nn`, inlined as those of `../binaries.ts` are; `binaries.workerd.ts` stands in likewise. */
import { unpack } from "../unpack.js";
import type { NnVariant } from "./abi.js";
import { inlined } from "./inlined.js";

/** The bytes of a variant; messages name `caller`. */
export function nnBinaryOf(variant: NnVariant, caller?: string): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return unpack(inlined, `nn-${variant}`, caller);
}
