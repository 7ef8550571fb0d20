/** The binaries of `assembly/quantized` as imported modules, from the folder of the package: see `../binaries.workerd.ts`. */

import type { QuantizedVariant } from "./abi.js";
import relaxed from "./wasm/quantized-relaxed.wasm";
import scalar from "./wasm/quantized-scalar.wasm";
import simd from "./wasm/quantized-simd.wasm";

const modules = { scalar, simd, relaxed };

/** The compiled module of a variant. */
export function quantizedBinaryOf(variant: QuantizedVariant): WebAssembly.Module {
  return modules[variant];
}
