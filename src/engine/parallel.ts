/** Where threads enter, if `affine-wasm/threads` brings them: without it, nothing of them is loaded. */

import type { Reserved } from "../kernels/reserve.js";
import type { Binary } from "../kernels/webassembly.js";
import type { Backend } from "./backend.js";

export interface Threads {
  /** The memory for a backend that is to run `binary`; undefined if it has to do without threads. */
  memoryFor(binary: Binary): Reserved | undefined;
  /** The same backend, with its products shared. */
  share(backend: Backend, module: WebAssembly.Module): Backend;
}

let current: Threads | null = null;

export function threadsInUse(): Threads | null {
  return current;
}

export function useThreads(threads: Threads | null): void {
  current = threads;
}
