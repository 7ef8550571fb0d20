/**
 * The binaries as imported modules, for platforms that forbid compiling from bytes: built into `index.workerd.js` in place
 * of `binaries.ts`. Their engine is V8, which runs every variant.
 */

import type { Variant } from "./abi.js";
import relaxed from "./wasm/relaxed.wasm";
import scalar from "./wasm/scalar.wasm";
import simd from "./wasm/simd.wasm";
import wide from "./wasm/wide.wasm";

const modules = { scalar, simd, relaxed, wide };

/** The compiled module of a variant. */
export function binaryOf(variant: Variant): WebAssembly.Module {
  return modules[variant];
}
