/** Which build an engine gets. */
import type { Variant } from "./abi.js";
import { binaryOf } from "./binaries.js";
import { type Binary, isModule } from "./webassembly.js";

/** What runs if nobody asks: "wide" is fast only on engines that were told to fuse vectors. */
const BEST_FIRST = ["relaxed", "simd", "scalar"] as const;

/** The best variant that this engine can run, or the one asked for. Validation is of the whole module. */
export function chooseBinary(caller: string, wanted: Variant | undefined): Binary {
  const candidates = wanted ? [wanted] : BEST_FIRST;
  for (const variant of candidates) {
    const binary = binaryOf(variant, caller);
    if (isModule(binary) || WebAssembly.validate(binary)) return binary;
  }
  throw new RangeError(`${caller}: this engine cannot run ${wanted ? `variant "${wanted}"` : "any variant"}`);
}
