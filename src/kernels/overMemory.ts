/**
 * The kernels over a memory that another program owns, such as a game engine's.
 *
 * There is no heap and no layer here: whoever owns the memory decides where operands, results and scratch space lie. A
 * call is a function of pointers and sizes; it allocates nothing and keeps nothing.
 */

import { checkChoice, kindOf } from "../common/check.js";
import { type Kernels, VARIANTS, type Variant } from "./abi.js";
import { chooseBinary } from "./chooseVariant.js";
import { instantiate } from "./instantiate.js";
import { checkWebAssembly, isMemory } from "./webassembly.js";

/**
 * Instantiates the kernels over `memory`. They read and write only what each call's operands name, and the
 * `scratchBytes.value` bytes at its `scratch` (16-byte aligned, of any content, free again after the call).
 *
 * ```ts
 * const { exports } = instance; //                            your own module, which exports its memory
 * const kernels = instantiateKernels(exports.memory);
 * const scratch = exports.malloc(kernels.scratchBytes.value);
 * // Y = X·W + b, float32, row-major, X of batch × columns: strides in bytes
 * kernels.gemmF32(batch, out, columns, x, 4 * columns, 4, w, 4 * out, 4, b, 0, y, 4 * out, 0, scratch);
 * ```
 *
 * @param memory also one that threads share, if the kernels can be compiled from bytes; it may grow at any time between calls
 * @param variant default: the fastest that this engine validates; "wide" is not checked here as `enableWide` does it
 * @throws TypeError for a memory of another kind, RangeError for an unknown variant or one that this engine cannot run,
 *   Error where WebAssembly is blocked
 */
export function instantiateKernels(memory: WebAssembly.Memory, variant?: Variant): Kernels {
  checkWebAssembly("instantiateKernels");
  if (!isMemory(memory)) {
    throw new TypeError(`instantiateKernels: memory must be a WebAssembly.Memory, got ${kindOf(memory)}`);
  }
  if (variant !== undefined) checkChoice("instantiateKernels", "variant", variant, VARIANTS);
  return instantiate("instantiateKernels", chooseBinary("instantiateKernels", variant), memory, variant).exports;
}
