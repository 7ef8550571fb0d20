/** Linear memory: that of a heap is as large as the engine lets it grow. */
export const PAGE = 65536;
/** One page less than 4 GiB, so that the end of no block is 2³², which a 32-bit pointer cannot hold. */
const MAX_PAGES = 65535;
/** 64 MiB: with less, there is little to compute. */
export const LEAST_PAGES = 1024;

/** A memory, and the most pages that it grows to. */
export interface Reserved {
  readonly memory: WebAssembly.Memory;
  readonly pages: number;
}

/**
 * Some engines reserve addresses for all that a memory may grow to, and a limit of the process or a small device may refuse
 * that: then half of it is tried, and so on.
 *
 * @param shared whether threads are to share it
 * @param most the most pages that are asked for
 * @throws RangeError, in the name of `caller`, if even the least is refused
 */
export function reserveMemory(caller: string, shared = false, most = MAX_PAGES): Reserved {
  for (let pages = most; ; pages = Math.ceil(pages / 2)) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 1, maximum: pages, shared }), pages };
    } catch (cause) {
      if (pages > LEAST_PAGES) continue;
      throw new RangeError(
        `${caller}: out of memory: the engine refused to reserve addresses for a WebAssembly memory, even for one of ` +
          `${(pages * PAGE) / 2 ** 20} MiB; a limit such as that of "ulimit -v" must leave V8 10 GiB of them, or Node be started with ` +
          "--disable-wasm-trap-handler",
        { cause },
      );
    }
  }
}
