/** The binaries of `assembly/quantized`, inlined as those of `../binaries.ts` are; `binaries.workerd.ts` stands in likewise. */
import { decodeInlined } from "../inlinedText.js";
import type { QuantizedVariant } from "./abi.js";
import { inlined } from "./inlined.js";

/** The bytes of a variant. */
export function quantizedBinaryOf(variant: QuantizedVariant): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return decodeInlined(inlined, `quantized-${variant}`);
}
