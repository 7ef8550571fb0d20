/**
 * The words by which threads agree, in a SharedArrayBuffer of their own. A cache line apart where several threads write.
 *
 *     CLAIM    generation of the job · 128 + tiles that nobody has taken yet
 *     MAIL     modules that were sent to every helper, and 1 more when they are to end
 *     JOB      the product, and TILES what is different for each of its tiles (./tiles.ts)
 *     DONE     for each tile, the generation in which it was last finished
 *     HELPER   for each helper, ABSENT, ASLEEP or AWAKE
 *
 * A tile is taken by a compare-exchange of CLAIM, by whoever comes: a helper that is absent, starting, dead or waiting for
 * its turn on a core takes none. The job is read after that. It is written only when no tile is left and all are done, so
 * it is that of the tile. Which tiles are done, DONE alone tells: what a dead helper had begun is not.
 */
import type { Pointer } from "../../kernels/abi.js";

export const CLAIM = 0;
export const MAIL = 16;
export const JOB = 32;
export const DONE = 64;
export const MAX_TILES = 64;
const HELPER = DONE + MAX_TILES;
export const MAX_HELPERS = 63;
export const TILES: number = HELPER + 16 * MAX_HELPERS;
export const LENGTH: number = TILES + 8 * MAX_TILES;

/** The bits of CLAIM that hold a number of tiles. */
export const LEFT = 127;
const GENERATION_BITS = 7;
const LAST_GENERATION = 2 ** 24 - 1;

export const ABSENT = 0;
export const ASLEEP = 1;
export const AWAKE = 2;

/** What a helper is sent: first the words and which one tells its state, then each module that it is to run, over which memory, with what scratch space. */
export type Message =
  | { readonly words: Int32Array; readonly state: number }
  | { readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory; readonly scratch: Pointer };

/** What a helper says once it can be sent modules. */
export const HERE = "here";

/** The word in which a helper says how it is. */
export function helperWord(index: number): number {
  return HELPER + 16 * index;
}

/** The generation that a CLAIM is of. */
export function generationOf(claim: number): number {
  return claim >>> GENERATION_BITS;
}

/** The CLAIM of a job of which nobody has taken a tile yet. */
export function claimOf(generation: number, tiles: number): number {
  return (generation << GENERATION_BITS) | tiles;
}

/** The generation of the next job: never 0, which DONE starts as; after the last one, DONE is cleared. */
export function nextGeneration(words: Int32Array): number {
  const last = generationOf(words[CLAIM] as number);
  if (last < LAST_GENERATION) return last + 1;
  words.fill(0, DONE, DONE + MAX_TILES);
  return 1;
}

/** Takes a tile of the job that `claim` was read from; -1 if another thread has taken it. */
export function take(words: Int32Array, claim: number): number {
  return Atomics.compareExchange(words, CLAIM, claim, claim - 1) === claim ? (claim & LEFT) - 1 : -1;
}
