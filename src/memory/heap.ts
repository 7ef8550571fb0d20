/**
 * The linear memory of the kernels: who owns which bytes of it.
 *
 *     0        BASE                                 top         highest     end of memory
 *     ┌ unused ┬ block ┬ free ┬ block ┬ free ┬ block ┬ was used ┬ untouched … ┐
 *
 * Blocks are multiples of ALIGNMENT bytes, taken first fit, merged with free neighbours when they return. The book-keeping
 * lives in JavaScript, so a stray write of a kernel could never corrupt it.
 */

import { ARRAYS, type ArrayOf, type DType } from "../common/dtype.js";
import type { Pointer } from "../kernels/abi.js";
import { PAGE, type Reserved, reserveMemory } from "../kernels/reserve.js";
import { isShared } from "../kernels/sharedMemory.js";
import { type FreeBlock, firstBeyond } from "./freeBlocks.js";

/** A cache line: no two blocks share one. */
const ALIGNMENT = 64;
/** Address 0 stays unused: kernels read it as "none". */
const BASE = 1024;
/** Memory grows by at least 1 MiB, since growing detaches every view. */
const GROWTH_PAGES = 16;

/** A block that is in use. */
interface OwnedBlock {
  readonly bytes: number;
  /** The heap's `changes` when it was handed out: no two blocks ever have the same, wherever they lie. */
  readonly generation: number;
}

/** Hands out blocks of a `WebAssembly.Memory` and grows it when none fits. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** `memory.buffer`, whose getter leaves JavaScript; only growth, below, changes it. */
  buffer: ArrayBufferLike;
  readonly #maxPages: number;
  /**
   * What `buffer` was before memory grew, if threads share it: then views of an earlier one live on and show the same
   * bytes. Null for memory that is not shared, where growth detaches them.
   */
  readonly #earlier: WeakSet<ArrayBufferLike> | null;
  readonly #blocks = new Map<Pointer, OwnedBlock>();
  /** Blocks that are not to be handed out for now, and their bytes if they have returned, else 0. */
  readonly #withheld = new Map<Pointer, number>();
  /** Sorted by address; no two touch. */
  readonly #free: FreeBlock[] = [];
  #top = BASE;
  /** Where no block has ever been: from here on memory is still zero, as it came from the engine. */
  #highest = BASE;
  #used = 0;
  #changes = 0;
  /** Bytes that the last search found to be all in blocks, which they are until a block returns. */
  #ownedFrom = BASE;
  #ownedTo = BASE;
  /** Older workerd has no FinalizationRegistry; there, what is not disposed stays. */
  readonly #backstop =
    typeof FinalizationRegistry === "undefined" ? null : new FinalizationRegistry((at: Pointer) => this.free(at));

  /** @param reserved a memory that nobody else uses or grows; threads may share it. Default: one that they do not. */
  constructor({ memory, pages }: Reserved = reserveMemory("Heap")) {
    this.memory = memory;
    this.#maxPages = pages;
    this.buffer = memory.buffer;
    this.#earlier = isShared(memory) ? new WeakSet() : null;
  }

  /** Whether a view of `buffer` shows this memory, be it from before memory grew. */
  holds(buffer: ArrayBufferLike): boolean {
    return buffer === this.buffer || this.#earlier?.has(buffer) === true;
  }

  /** Bytes handed out and not yet returned. */
  get bytesInUse(): number {
    return this.#used;
  }

  /**
   * How many blocks were handed out or returned so far. What is known of memory at one count holds for as long as the count
   * is the same, and for all bytes that are `unchangedSince`.
   */
  get changes(): number {
    return this.#changes;
  }

  /**
   * The address of `bytes` uninitialised bytes.
   * @throws RangeError, in the name of `caller` if there is one, if memory cannot grow that far; nothing has changed then.
   */
  allocate(bytes: number, caller?: string): Pointer {
    const wanted = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const at = this.#takeFree(wanted) ?? this.#takeTop(wanted, caller);
    this.#blocks.set(at, { bytes: wanted, generation: ++this.#changes });
    this.#used += wanted;
    this.#highest = Math.max(this.#highest, at + wanted);
    return at;
  }

  /** As `allocate`, the bytes zero. What no block has ever covered is so already, and is not touched. */
  allocateZeros(bytes: number, caller?: string): Pointer {
    const untouched = this.#highest;
    const at = this.allocate(bytes, caller);
    const dirty = Math.min(bytes, untouched - at);
    if (dirty > 0) new Uint8Array(this.buffer, at, dirty).fill(0);
    return at;
  }

  /** Returns a block. */
  free(at: Pointer): void {
    const bytes = this.#blocks.get(at)?.bytes;
    if (bytes === undefined) throw new Error(`free: no block at ${at}`);
    this.#blocks.delete(at);
    this.#changes++;
    this.#used -= bytes;
    this.#ownedTo = BASE;
    if (this.#withheld.has(at)) this.#withheld.set(at, bytes);
    else this.#insertFree(at, bytes);
  }

  /**
   * Keeps the blocks that hold these addresses from being handed out again, if they return, until the result is called:
   * a thread that is about to end may still write there.
   */
  withhold(addresses: readonly Pointer[]): () => void {
    for (const address of addresses) {
      const [at, block] = this.#blockAround(address);
      if (block) this.#withheld.set(at, 0);
    }
    return () => {
      for (const [at, bytes] of this.#withheld) if (bytes) this.#insertFree(at, bytes);
      this.#withheld.clear();
    };
  }

  #insertFree(at: Pointer, bytes: number): void {
    const free = this.#free;
    const i = firstBeyond(free, at);
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
    return new ARRAYS[dtype](this.buffer as ArrayBuffer, at, length) as ArrayOf<D>;
  }

  /** Whether any of `bytes` bytes at `at` lies in no block: what a view kept after `dispose()` shows. */
  isFree(at: Pointer, bytes: number): boolean {
    const end = at + bytes;
    if (at >= this.#ownedFrom && end <= this.#ownedTo) return false; // every call on tensors asks, so in a few ns
    // What has returned while it is withheld is in no list.
    if (this.#withheld.size) return !this.unchangedSince(Number.POSITIVE_INFINITY, at, bytes);
    return bytes > 0 && this.#searchFree(at, end);
  }

  /** Whether `bytes` bytes at `at` all lie in blocks that are there since a time when `changes` was `since`, or longer. */
  unchangedSince(since: number, at: Pointer, bytes: number): boolean {
    if (since === this.#changes) return true;
    let next = at;
    while (next < at + bytes) {
      const [start, block] = this.#blockAround(next);
      if (!block || block.generation > since) return false;
      next = start + block.bytes;
    }
    return true;
  }

  /** Frees block `at` some time after `owner` has been garbage collected, unless `unwatch(owner)` comes first. */
  watch(owner: object, at: Pointer): void {
    this.#backstop?.register(owner, at, owner);
  }

  unwatch(owner: object): void {
    this.#backstop?.unregister(owner);
  }

  /** The block in which an address lies, mostly its first. */
  #blockAround(address: Pointer): [start: Pointer, block: OwnedBlock | undefined] {
    const first = this.#blocks.get(address);
    if (first) return [address, first];
    for (const [start, block] of this.#blocks) {
      if (start < address && address < start + block.bytes) return [start, block];
    }
    return [address, undefined];
  }

  /** As `isFree`; if not, notes how far the blocks reach that lie there side by side. */
  #searchFree(at: Pointer, end: Pointer): boolean {
    if (end > this.#top) return true;
    const i = firstBeyond(this.#free, end - 1);
    const before = i > 0 ? this.#free[i - 1] : undefined;
    const from = before ? before.at + before.bytes : BASE;
    if (from > at) return true;
    this.#ownedFrom = from;
    this.#ownedTo = this.#free[i]?.at ?? this.#top;
    return false;
  }

  #takeFree(wanted: number): Pointer | undefined {
    const i = this.#free.findIndex((block) => block.bytes >= wanted);
    if (i < 0) return undefined; // to index an array by -1 is slow
    const block = this.#free[i] as FreeBlock;
    const at = block.at;
    block.at += wanted;
    block.bytes -= wanted;
    if (block.bytes === 0) this.#free.splice(i, 1);
    return at;
  }

  #takeTop(wanted: number, caller: string | undefined): Pointer {
    const at = this.#top;
    const end = at + wanted;
    const missing = Math.ceil((end - this.buffer.byteLength) / PAGE);
    if (missing > 0) this.#grow(missing, wanted, caller);
    this.#top = end;
    return at;
  }

  #grow(pages: number, wanted: number, caller: string | undefined): void {
    const room = this.#maxPages - this.buffer.byteLength / PAGE;
    try {
      this.memory.grow(Math.min(Math.max(pages, GROWTH_PAGES), Math.max(room, pages)));
    } catch (cause) {
      throw new RangeError(
        `${caller ? `${caller}: ` : ""}out of memory: ${wanted} bytes wanted, ${this.#used} in use, and the engine refused to grow a memory of ` +
          `${this.buffer.byteLength} bytes (the limit is ${this.#maxPages * PAGE})`,
        { cause },
      );
    }
    this.#earlier?.add(this.buffer);
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
