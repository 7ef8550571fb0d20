/** Where threads enter, if `affine-wasm/threads` brings them: without it, nothing of them is loaded. */
import type { Gemm, Kernels, Pointer } from "../kernels/abi.js";
import type { Reserved } from "../kernels/reserve.js";
import type { Binary } from "../kernels/webassembly.js";
import type { Heap } from "../memory/heap.js";

/** What a job gets. */
export interface Plan {
  /** Tells jobs apart. */
  readonly product: number;
  readonly start: number;
  /** What one thread takes for it, roughly. */
  readonly time: number;
  readonly threads: number;
  readonly tiles: number;
  /** How many helpers have to be woken for it. */
  readonly wake: number;
}

/** Jobs of a module's kernels, each in tiles, a call for each tile. */
export interface Jobs {
  /** The module's number: its kernel for float32 is twice that, for float64 one more. */
  readonly module: number;
  /** Where calls are written before `run`: 16 words for each tile, the kernel and its arguments. */
  readonly calls: Float64Array;
  /**
   * What a job gets that one thread takes `guess` milliseconds for; undefined if there is nobody to help now.
   *
   * @param job a number that tells jobs apart
   */
  plan(job: number, guess: number): Plan | undefined;
  /** Takes note that this thread has done it alone. */
  settle(plan: Plan, now: number): void;
  /**
   * Has the tiles computed whose calls were written.
   *
   * @param withhold where helpers fall silent: keeps what they may still write to from being handed out; its result ends that
   * @param redo then has a tile computed that they left
   */
  run(plan: Plan, tiles: number, withhold: () => () => void, redo: (tile: number) => void): void;
  /** Computes a tile by this thread. */
  redo(tile: number): void;
}

/** Kernels whose products may be shared, of so many multiply-adds at least. */
export type MaybeShared = Kernels & { readonly least?: number };

export interface Threads {
  /** The memory for a backend that is to run `binary`, or an inlined one; undefined if it has to do without threads. */
  memoryFor(binary: Binary | undefined): Reserved | undefined;
  /**
   * The kernels of `module` over a memory, their products shared with helpers: `scratchBytes` has room for each thread.
   *
   * @param owner whose memory it is
   */
  share(kernels: Kernels, module: WebAssembly.Module, memory: WebAssembly.Memory, owner: Owner): MaybeShared;
  /**
   * Jobs of the kernels tileF32 and tileF64 of another module over such a memory. The scratch spaces of the helpers, of `bytes`
   * each, lie behind `scratch` + `bytes`.
   */
  jobs(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    own: readonly [Gemm, Gemm],
    scratch: Pointer,
    bytes: number,
  ): Jobs;
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
