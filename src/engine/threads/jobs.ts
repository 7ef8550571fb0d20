/** Jobs in tiles that the caller's thread computes together with helpers. When `run` returns, all tiles are done. */
import type { Gemm } from "../../kernels/abi.js";
import type { Jobs, Plan } from "../parallel.js";
import { AWAKE, CALLS, CLAIM, DONE, LEFT } from "./control.js";
import { type Crew, warn } from "./crew.js";
import { TEST } from "./policy.js";
import { computeTile } from "./tiles.js";

/** Milliseconds of one sleep while a helper is at its tile, and how many of them without a sign end the patience. */
const SLICE = 20;
const SLICES = 20;
/** A tile may take so many times as long as those of this thread. */
const SLOWER = 10;
/** Milliseconds that this thread looks before it sleeps, beyond what a tile took: to be woken takes 50 µs. */
const LOOK_FOR = 0.03;

/**
 * Jobs of a module, its number `module` among those of the crew.
 *
 * @param own this thread's kernels, for float32 and float64
 */
export function makeJobs(crew: Crew, module: number, own: readonly [Gemm, Gemm]): Jobs {
  const { words, policy } = crew;
  const calls = new Float64Array(words.buffer);
  /** Under the numbers of jobs: a job is computed here as it is by a helper. */
  const kernels: Gemm[] = Array(2 * module).concat(own);
  /** Of the job at hand: the tiles that this thread computed, and their milliseconds. */
  let taken = 0;
  let time = 0;
  return {
    module,
    calls: calls.subarray(CALLS),
    plan(job, guess) {
      if (!crew.online || crew.busy) return;
      // One that died awake counts for ever; it takes nothing.
      const awake = Math.min(crew.online, Atomics.load(words, AWAKE));
      return policy.plan(job, guess, awake, crew.online - awake, performance.now());
    },
    settle: policy.settle,
    run,
    redo,
  };

  function redo(tile: number): void {
    computeTile(calls, tile, kernels, []);
  }

  function run(plan: Plan, tiles: number, withhold: () => () => void, again: (tile: number) => void): void {
    crew.busy = true;
    words.fill(0, DONE, DONE + tiles);
    // Published: all tiles are there to take. Job numbers start again when they are through.
    Atomics.store(words, CLAIM, ((words[CLAIM] as number) | LEFT) + 1 + tiles);
    if (plan.wake) Atomics.notify(words, CLAIM, plan.wake);
    let each = plan.time / tiles;
    try {
      takeTiles();
      if (taken) each = time / taken;
    } finally {
      // Also where this thread has trapped, or its stack is full: no helper may be at a tile when the next job is published.
      for (let tile = Atomics.and(words, CLAIM, ~LEFT) & LEFT; tile < tiles && !crew.ended; tile++) {
        if (!finished(DONE + tile, each)) finishAlone(tiles, withhold, again);
      }
      crew.busy = false;
    }
    TEST.helped += tiles - taken;
    // A thread alone would have taken as long for each tile as this one did for its own.
    if (taken) policy.settle(plan, performance.now(), each * tiles);
  }

  /** Computes tiles until none is left to take. */
  function takeTiles(): void {
    taken = 0;
    const start = performance.now();
    for (;;) {
      const claim = Atomics.load(words, CLAIM);
      if ((claim & LEFT) === 0) break;
      if (Atomics.compareExchange(words, CLAIM, claim, claim - 1) !== claim) continue;
      const tile = (claim & LEFT) - 1;
      // Of this thread's own, before: nobody waits for it, be it left in the middle.
      words[DONE + tile] = 1;
      redo(tile);
      taken++;
    }
    time = performance.now() - start;
  }

  /**
   * Waits for a tile that a helper has taken, while this thread takes `each` milliseconds for one. False if there is no sign
   * of it for too long: then the helper has ended, or hangs.
   */
  function finished(word: number, each: number): boolean {
    // In sleeps, not in time: they are not over while all of the process is suspended.
    let patience = SLICES + (SLOWER * each) / SLICE;
    let until = performance.now() + 1.5 * each + LOOK_FOR;
    while (!Atomics.load(words, word)) {
      // Where the engine knows it: the core gets to its other work.
      (Atomics as { pause?(): void }).pause?.();
      if (performance.now() > until) {
        if (patience-- < 0) return false;
        try {
          Atomics.wait(words, word, 0, SLICE);
        } catch {
          // The main thread of a page may not sleep: it looks for as long.
          until = performance.now() + SLICE;
        }
      }
    }
    return true;
  }

  /** Ends the helpers and has what they left computed again. One that was only held up may still go on, until it has ended. */
  function finishAlone(tiles: number, withhold: () => () => void, again: (tile: number) => void): void {
    crew.end("a helper thread fell silent, its work was redone", withhold());
    warn(crew);
    for (let tile = 0; tile < tiles; tile++) {
      if (!words[DONE + tile]) again(tile);
    }
  }
}
