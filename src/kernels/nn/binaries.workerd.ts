/** The binaries of `assembly/nn` as imported modules, from the folder of the package: see `../binaries.workerd.ts`. */

import type { NnVariant } from "./abi.js";
import scalar from "./wasm/nn-scalar.wasm";
import simd from "./wasm/nn-simd.wasm";

const modules = { scalar, simd };

/** The compiled module of a variant. */
export function nnBinaryOf(variant: NnVariant): WebAssembly.Module {
  return modules[variant];
}
