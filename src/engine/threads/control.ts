/**
 * The words by which threads agree, in a SharedArrayBuffer of their own. A cache line apart where several threads write.
 *
 *     CLAIM    number of the job · 128 + tiles that nobody has taken yet
 *     MAIL     modules that were sent to every helper, and 1 more when they are to end
 *     AWAKE    how many helpers look for a tile, or compute one
 *     DONE     for each tile, whether it is done
 *     CALLS    for each tile, the call that computes it: in float64, which holds any pointer (./tiles.ts)
 *
 * A tile is taken by a compare-exchange of CLAIM, by whoever comes: a helper that is absent, starting, dead or waiting for
 * its turn on a core takes none. The job is read after that. It is written only when no tile is left and all are done, so
 * it is that of the tile. Which tiles are done, DONE alone tells: what a dead helper had begun is not.
 */

export const CLAIM = 0;
export const MAIL = 16;
export const AWAKE = 32;
export const DONE = 48;
export const MAX_TILES = 64;
/** In float64. */
export const CALLS: number = (DONE + MAX_TILES) / 2;
/** Which kernel, and its arguments. */
export const CALL = 16;
export const BYTES: number = 8 * (CALLS + CALL * MAX_TILES);

/** The bits of CLAIM that hold a number of tiles. */
export const LEFT = 127;

/**
 * What a helper is sent: a module to run, over which memory, how far behind that of the call its scratch space lies; and the
 * words.
 */
export interface Message {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratch: number;
  readonly words: Int32Array;
}
