/** The binaries of `assembly/quantized`, inlined as those of `../binaries.ts` are; `binaries.workerd.ts` stands in likewise. */
import { unpack } from "../unpack.js";
import type { QuantizedVariant } from "./abi.js";
import { inlined } from "./inlined.js";

/** The bytes of a variant; messages name `caller`. */
export function quantizedBinaryOf(
  variant: QuantizedVariant,
  caller?: string,
): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return unpack(inlined, `quantized-${variant}`, caller);
}
