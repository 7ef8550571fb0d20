/**
 * The words by which threads agree, in a SharedArrayBuffer of their own: what one thread writes here, and how the others
 * read it. A cache line apart where several write.
 *
 *     CLAIM    generation of the job · 128 + tiles that nobody has taken yet
 *     MAIL     messages that were sent to every helper
 *     JOB      the product: the arguments of its kernel and how it is cut (./tiles.ts)
 *     DONE     for each tile, the generation in which it was last finished
 *     HELPER   for each helper, ABSENT, ASLEEP or AWAKE
 *
 * A tile is taken by a compare-exchange of CLAIM, by whoever comes: a helper that is absent, starting, dead or waiting for
 * its turn on a core takes none. The job is read after that. It is written only when no tile is left and all are done, so
 * that it belongs to the tile. Which tiles are done is told by DONE alone: what a dead helper had begun is not.
 */

export const CLAIM = 0;
export const MAIL = 16;
export const JOB = 32;
export const DONE = 64;
export const MAX_TILES = 64;
const HELPER = DONE + MAX_TILES;
export const MAX_HELPERS = 63;
export const LENGTH = HELPER + 16 * MAX_HELPERS;

/** Of CLAIM: the bits that hold a number of tiles. */
export const LEFT = 127;
const GENERATION_BITS = 7;
const LAST_GENERATION = 2 ** 24 - 1;

export const [ABSENT, ASLEEP, AWAKE] = [0, 1, 2];

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

/** The generation of the next job: never 0, which is what DONE starts as. After the last one, DONE has to be cleared. */
export function nextGeneration(words: Int32Array, generation: number): number {
  if (generation < LAST_GENERATION) return generation + 1;
  words.fill(0, DONE, DONE + MAX_TILES);
  return 1;
}

/** Takes a tile of the job that `claim` was read from; -1 if another thread took it. */
export function take(words: Int32Array, claim: number): number {
  return Atomics.compareExchange(words, CLAIM, claim, claim - 1) === claim ? (claim & LEFT) - 1 : -1;
}

/** What a helper is sent, in this order: who it is, then every module that it is to run. */
export type Message =
  | { words: Int32Array; index: number }
  | { module: WebAssembly.Module; memory: WebAssembly.Memory; scratch: number };
