import { VARIANTS, type Variant } from "../../../src/abi.js";
import { binaryOf } from "../../../src/binaries.js";

/** The variants that this engine can run. */
export function runnableVariants(): Variant[] {
  return VARIANTS.filter((name) => {
    const binary = binaryOf(name);
    return binary instanceof WebAssembly.Module || WebAssembly.validate(binary);
  });
}
