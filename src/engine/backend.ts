/** What runs a product: kernels, the memory that they work in, and the scratch space that they are handed. */
import type { DType } from "../common/dtype.js";
import type { Kernels, Pointer, TypedKernels, Variant } from "../kernels/abi.js";
import type { Heap } from "../memory/heap.js";

/** A running module. It is a value: `create.ts` makes one, and `start.ts` keeps the one that the API uses. */
export interface Backend {
  readonly variant: Variant;
  /** The variant that was asked for, if it failed its check. */
  readonly insteadOf?: Variant;
  readonly heap: Heap;
  readonly kernels: Readonly<Record<DType, TypedKernels>>;
  /** The kernels of this thread alone, which compute products of less than `least` multiply-adds. */
  readonly alone: Readonly<Record<DType, TypedKernels>>;
  readonly least: number;
  readonly scratch: Pointer;
  /** All that the binary exports. */
  readonly exports: Kernels;
}
