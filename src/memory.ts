/**
 * The linear memory of the kernels: who owns which bytes of it.
 *
 *     0        BASE                                        top            end of memory
 *     ┌ unused ┬ block ┬ free ┬ block ┬ block ┬ free ┬ block ┬ untouched … ┐
 *
 * Blocks are multiples of ALIGNMENT bytes, taken first fit, merged with free neighbours when they return. The book-keeping
 * lives in JavaScript, so a stray write of a kernel could never corrupt it.
 */
import type { Pointer } from "./abi.js";
import { ARRAYS, type ArrayOf, type DType, elementBytes } from "./dtype.js";

const PAGE = 65536;
/** One page less than 4 GiB, so that the end of no block is 2³², which a 32-bit pointer cannot hold. */
const MAX_PAGES = 65535;
/** A cache line: no two blocks share one. */
const ALIGNMENT = 64;
/** Address 0 stays unused: kernels read it as "none". */
const BASE = 1024;
/** Memory grows by at least 1 MiB, since growing detaches every view. */
const GROWTH_PAGES = 16;

interface FreeBlock {
  at: Pointer;
  bytes: number;
}

/** Hands out blocks of a `WebAssembly.Memory` and grows it when none fits. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** `memory.buffer`, whose getter leaves JavaScript; only growth, below, changes it. */
  buffer: ArrayBuffer;
  readonly #sizes = new Map<Pointer, number>();
  /** Sorted by address; no two touch. */
  readonly #free: FreeBlock[] = [];
  #top = BASE;
  #used = 0;

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
    this.buffer = this.memory.buffer;
  }

  /** Bytes handed out and not yet returned. */
  get bytesInUse(): number {
    return this.#used;
  }

  /**
   * The address of `bytes` uninitialised bytes.
   * @throws RangeError if memory cannot grow that far; nothing has changed then.
   */
  allocate(bytes: number): Pointer {
    const wanted = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const at = this.#takeFree(wanted) ?? this.#takeTop(wanted);
    this.#sizes.set(at, wanted);
    this.#used += wanted;
    return at;
  }

  /** Returns a block. */
  free(at: Pointer): void {
    const bytes = this.#sizes.get(at);
    if (bytes === undefined) throw new Error(`free: no block at ${at}`);
    this.#sizes.delete(at);
    this.#used -= bytes;
    const free = this.#free;
    let i = free.findIndex((block) => block.at > at);
    if (i < 0) i = free.length;
    free.splice(i, 0, { at, bytes });
    this.#merge(i);
    if (i > 0) this.#merge(i - 1);
    const last = free.at(-1);
    if (last && last.at + last.bytes === this.#top) {
      this.#top = last.at;
      free.pop();
    }
  }

  /** A view of `length` elements at `at`, valid until memory grows. */
  view<D extends DType>(dtype: D, at: Pointer, length: number): ArrayOf<D> {
    return new ARRAYS[dtype](this.buffer, at, length) as ArrayOf<D>;
  }

  #takeFree(wanted: number): Pointer | undefined {
    const i = this.#free.findIndex((block) => block.bytes >= wanted);
    const block = this.#free[i];
    if (!block) return undefined;
    const at = block.at;
    block.at += wanted;
    block.bytes -= wanted;
    if (block.bytes === 0) this.#free.splice(i, 1);
    return at;
  }

  #takeTop(wanted: number): Pointer {
    const at = this.#top;
    const end = at + wanted;
    const missing = Math.ceil((end - this.buffer.byteLength) / PAGE);
    if (missing > 0) this.#grow(missing, wanted);
    this.#top = end;
    return at;
  }

  #grow(pages: number, wanted: number): void {
    const room = MAX_PAGES - this.buffer.byteLength / PAGE;
    try {
      this.memory.grow(Math.min(Math.max(pages, GROWTH_PAGES), Math.max(room, pages)));
    } catch (cause) {
      throw new RangeError(
        `out of memory: ${wanted} bytes wanted, ${this.#used} in use, and the engine refused to grow a memory of ` +
          `${this.buffer.byteLength} bytes (the limit is ${MAX_PAGES * PAGE})`,
        { cause },
      );
    }
    this.buffer = this.memory.buffer;
  }

  /** Merges free block `i` with the next one if they touch. */
  #merge(i: number): void {
    const block = this.#free[i];
    const next = this.#free[i + 1];
    if (block && next && block.at + block.bytes === next.at) {
      block.bytes += next.bytes;
      this.#free.splice(i + 1, 1);
    }
  }
}

/** Shared by both classes that can be disposed: `using` works wherever the engine or the compiler knows it. */
export const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/**
 * A handle to an array inside the module's memory. Kernels use such arrays in place: nothing is copied.
 *
 * `data` is a live view. Any allocation may grow the memory, which detaches all views of it; the getter then makes a new
 * one. So read `tensor.data` where you need it and keep the tensor, not the view.
 */
export class Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly length: number;
  /** The address of the first element. */
  readonly pointer: Pointer;
  readonly #heap: Heap;
  #view: ArrayOf<D> | null;

  /** @internal Users call `tensor(length, dtype)`. */
  constructor(heap: Heap, length: number, dtype: D) {
    this.#heap = heap;
    this.dtype = dtype;
    this.length = length;
    this.pointer = heap.allocate(length * elementBytes(dtype));
    this.#view = heap.view(dtype, this.pointer, length);
    this.#view.fill(0);
  }

  /**
   * The live view of the elements.
   * @throws ReferenceError after `dispose()`
   */
  get data(): ArrayOf<D> {
    if (this.#view === null) throw new ReferenceError("tensor: used after dispose()");
    if (this.#view.buffer !== this.#heap.buffer) {
      this.#view = this.#heap.view(this.dtype, this.pointer, this.length);
    }
    return this.#view;
  }

  get disposed(): boolean {
    return this.#view === null;
  }

  /** Returns the memory. A second call does nothing. */
  dispose(): void {
    if (this.#view === null) return;
    this.#view = null;
    this.#heap.free(this.pointer);
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
