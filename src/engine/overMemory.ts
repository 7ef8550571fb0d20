/**
 * The kernels over a memory that another program owns, such as a game engine's.
 *
 * There is no heap and no layer here: whoever owns the memory decides where operands, results and scratch space lie. A
 * call is a function of pointers and sizes; it allocates nothing and keeps nothing.
 *
 * With threads enabled, helpers compute products over a memory that is shared. Each packs into scratch space of its own, and
 * all of it lies in what the caller hands to each call: `scratchBytes` says as much more. The words by which threads agree
 * (threads/control.ts) lie outside, in a buffer of the crew's own, whatever the memory.
 *
 *     a memory of another program                                                     the crew's SharedArrayBuffer
 *     ┌ its own … ┬ A, B, C ┬ … ┬ scratch                              ┬ … its own ┐   ┌ CLAIM · DONE · CALLS ┐
 *     │           │         │   │ this thread │ helper 1 │ helper 2 │ …│           │   │                      │
 *     └───────────┴─────────┴───┴──────────────────────────────────────┴───────────┘   └──────────────────────┘
 *                               ├─ scratchBytes of one thread ─┤ · threads
 *
 * Only the library's own heap has a place for a copy of C: a product that adds to C is computed by this thread alone.
 */

import { checkChoice, kindOf } from "../common/check.js";
import { type Kernels, VARIANTS, type Variant } from "../kernels/abi.js";
import { chooseModule } from "../kernels/chooseVariant.js";
import { instantiate } from "../kernels/instantiate.js";
import { isShared } from "../kernels/sharedMemory.js";
import { checkWebAssembly, isMemory } from "../kernels/webassembly.js";
import { type Owner, threadsInUse } from "./parallel.js";

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
 * @param memory also one that threads share, if the kernels can be compiled from bytes; it may grow at any time between calls.
 *   After `enableThreads()`, products over a shared memory are computed by all threads: `scratchBytes` is larger then. Helpers
 *   hold on to the memory until `stopThreads()`. Should one fall silent, which a warning tells, it may still write to C and
 *   scratch of that one call until it has ended.
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
  // Whoever owns the memory cannot be told what not to hand out again.
  return kernelsOver("instantiateKernels", memory, { withhold: () => () => {} }, variant);
}

/** As `instantiateKernels`, for a memory whose owner is known. */
export function kernelsOver(caller: string, memory: WebAssembly.Memory, owner: Owner, variant?: Variant): Kernels {
  const module = chooseModule(caller, variant, memory);
  const { exports } = instantiate(caller, module, memory, variant);
  return threadsInUse && isShared(memory) ? threadsInUse.share(exports, module, memory, owner) : exports;
}
