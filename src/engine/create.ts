/** Makes a backend of a binary. */
import { typedKernels, type Variant } from "../kernels/abi.js";
import { chooseBinary } from "../kernels/chooseVariant.js";
import { instantiate } from "../kernels/instantiate.js";
import { reserveMemory } from "../kernels/reserve.js";
import { type Binary, checkWebAssembly } from "../kernels/webassembly.js";
import { Heap } from "../memory/heap.js";
import type { Backend } from "./backend.js";
import { threadsInUse } from "./parallel.js";
import { multipliesRight } from "./selfcheck.js";

/**
 * A backend over a memory of its own.
 *
 * @param binary default: the variant asked for, or the fastest that this engine validates, from the inlined bytes
 * @param name what messages call the binary
 * @throws RangeError if the binary is of another variant or memory runs out, Error if it cannot be instantiated
 */
export function createBackend(caller: string, variant: Variant | undefined, binary?: Binary, name?: string): Backend {
  checkWebAssembly(caller);
  const given = binary ?? chooseBinary(caller, variant);
  const shared = threadsInUse?.memoryFor(given);
  const heap = new Heap(shared ?? reserveMemory(caller));
  const { variant: running, exports, module } = instantiate(caller, given, heap.memory, variant, name);
  const own = shared && threadsInUse ? threadsInUse.share(exports, module, heap.memory, heap) : exports;
  const scratch = heap.allocate(own.scratchBytes.value, caller);
  const backend = { variant: running, heap, kernels: typedKernels(own), scratch, exports };
  if (running === "wide" && !multipliesRight(backend)) {
    console.warn(`${caller}: variant "wide" computes wrong products on this engine; using the default instead`);
    return { ...createBackend(caller, undefined), insteadOf: running };
  }
  return backend;
}
