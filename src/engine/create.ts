/** Makes a backend of a binary. */
import { typedKernels, type Variant } from "../kernels/abi.js";
import { chooseModule } from "../kernels/chooseVariant.js";
import { compile, instantiate } from "../kernels/instantiate.js";
import { reserveMemory } from "../kernels/reserve.js";
import { type Binary, checkWebAssembly } from "../kernels/webassembly.js";
import { Heap } from "../memory/heap.js";
import type { Backend } from "./backend.js";
import { type MaybeShared, threadsInUse } from "./parallel.js";
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
  const shared = threadsInUse?.memoryFor(binary);
  const heap = new Heap(shared ?? reserveMemory(caller));
  const { memory } = heap;
  const module = binary ? compile(caller, binary, memory, name) : chooseModule(caller, variant, memory);
  const { variant: running, exports } = instantiate(caller, module, memory, variant, name);
  const own: MaybeShared = shared && threadsInUse ? threadsInUse.share(exports, module, memory, heap) : exports;
  const scratch = heap.allocate(own.scratchBytes.value, caller);
  const alone = typedKernels(exports);
  const kernels = shared ? typedKernels(own) : alone;
  const backend = {
    variant: running,
    heap,
    kernels,
    alone,
    least: own.least ?? Number.POSITIVE_INFINITY,
    scratch,
    exports,
  };
  if (running === "wide" && !multipliesRight(backend)) {
    console.warn(`${caller}: variant "wide" computes wrong products on this engine; using the default instead`);
    return { ...createBackend(caller, undefined), insteadOf: running };
  }
  return backend;
}
