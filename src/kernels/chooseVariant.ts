/** Which build an engine gets. */
import type { Variant } from "./abi.js";
import { binaryOf } from "./binaries.js";
import { compile } from "./instantiate.js";
import { isModule } from "./webassembly.js";

/** What runs if nobody asks: "wide" is fast only on engines that were told to fuse vectors. */
const BEST_FIRST = ["relaxed", "simd", "scalar"] as const;

/**
 * The module, for `memory`, of the best variant that this engine can run or of the one asked for. It is compiled at once:
 * an engine that can run it, as most can, then reads it once.
 */
export function chooseModule(
  caller: string,
  wanted: Variant | undefined,
  memory: WebAssembly.Memory,
): WebAssembly.Module {
  const candidates = wanted ? [wanted] : BEST_FIRST;
  for (const variant of candidates) {
    const binary = binaryOf(variant, caller);
    try {
      return compile(caller, binary, memory);
    } catch (error) {
      if (isModule(binary) || WebAssembly.validate(binary)) throw error;
    }
  }
  throw new RangeError(`${caller}: this engine cannot run ${wanted ? `variant "${wanted}"` : "any variant"}`);
}
