/** The free blocks of a memory: an array sorted by address, in which no two blocks touch. */
import type { Pointer } from "../kernels/abi.js";

export interface FreeBlock {
  at: Pointer;
  bytes: number;
}

/** The index of the first free block beyond `at`. */
export function firstBeyond(free: readonly FreeBlock[], at: Pointer): number {
  let low = 0;
  let high = free.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((free[middle] as FreeBlock).at > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
