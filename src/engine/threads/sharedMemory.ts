/** The memory that the kernels of all threads work in. */
import { MAX_PAGES, type SharedMemory } from "../../memory/heap.js";

/** 64 MiB: where even so little cannot be shared, one thread with all of the memory is worth more. */
const LEAST_PAGES = 1024;

/**
 * An engine reserves addresses for all that a shared memory may grow to, and phones refuse 4 GiB: then half of it, and so on.
 * @throws RangeError if it refuses the least, too; ReferenceError or TypeError where memory cannot be shared
 */
export function sharedMemory(): SharedMemory {
  for (let pages = MAX_PAGES; ; pages = Math.ceil(pages / 2)) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true }), pages };
    } catch (error) {
      if (!(error instanceof RangeError) || pages <= LEAST_PAGES) throw error;
    }
  }
}
