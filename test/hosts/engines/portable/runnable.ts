import { VARIANTS, type Variant } from "../../../../src/kernels/abi.js";
import { binaryOf } from "../../../../src/kernels/binaries.js";
import "../../../../src/kernels/wide/binaries.js";

/** The variants that this engine can run. */
export function runnableVariants(): Variant[] {
  return VARIANTS.filter((name) => {
    const binary = binaryOf(name);
    return binary instanceof WebAssembly.Module || WebAssembly.validate(binary);
  });
}
