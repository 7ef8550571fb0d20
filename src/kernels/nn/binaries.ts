/** The binaries of `assembly/nn`, inlined as those of `../binaries.ts` are; `binaries.workerd.ts` stands in likewise. */
import { decodeInlined } from "../inlinedText.js";
import type { NnVariant } from "./abi.js";
import { inlined } from "./inlined.js";

/** The bytes of a variant. */
export function nnBinaryOf(variant: NnVariant): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return decodeInlined(inlined, `nn-${variant}`);
}
