/** Where threads enter, if `affine-wasm/threads` brings them: without it, nothing of them is loaded. */
import type { Kernels } from "../kernels/abi.js";
import type { Reserved } from "../kernels/reserve.js";
import type { Binary } from "../kernels/webassembly.js";
import type { Heap } from "../memory/heap.js";

export interface Threads {
  /** The memory for a backend that is to run `binary`; undefined if it has to do without threads. */
  memoryFor(binary: Binary): Reserved | undefined;
  /**
   * The kernels of `module` over a memory, their products shared with helpers: `scratchBytes` has room for each thread.
   *
   * @param owner whose memory it is
   */
  share(kernels: Kernels, module: WebAssembly.Module, memory: WebAssembly.Memory, owner: Owner): Kernels;
}

/**
 * Who hands out a memory's blocks: the library's own heap or, of a memory that another program owns, only what that program
 * lets be withheld.
 */
export type Owner = Pick<Heap, "withhold"> & Partial<Pick<Heap, "allocate" | "free" | "buffer">>;

export let threadsInUse: Threads | null = null;

export function useThreads(threads: Threads | null): void {
  threadsInUse = threads;
}
