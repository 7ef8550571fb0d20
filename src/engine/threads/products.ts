/** Products that the caller's thread computes together with helpers. When a call returns, all of C is there. */
import { type Gemm, type Kernels, NONE, type Pointer } from "../../kernels/abi.js";
import type { Owner } from "../parallel.js";
import { AWAKE, CLAIM, DONE, LEFT, publish, take } from "./control.js";
import { type Crew, warn } from "./crew.js";
import { cutsFor, leastWork, makePolicy, type Plan, rateOf, TEST } from "./policy.js";
import { computeTile, type Product, writeCalls } from "./tiles.js";

/** Milliseconds of one sleep while a helper is at its tile, and how many of them without a sign end the patience. */
const SLICE = 20;
const SLICES = 20;
/** A tile may take so many times as long as those of this thread. */
const SLOWER = 10;
/** Milliseconds that this thread looks before it sleeps, beyond what a tile took: to be woken takes 50 µs. */
const LOOK_FOR = 0.03;

/** To be called between two looks at a word, where the engine knows it: the core gets to its other work. */
const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => {});

/**
 * The products of a module, its number `module` among those of the crew, shared with the helpers.
 *
 * @param owner of the memory: where copies of C are made, for products that start from C
 */
export function shareProducts(
  crew: Crew,
  module: number,
  kernels: Kernels,
  owner: Owner,
): Pick<Kernels, "gemmF32" | "gemmF64"> {
  const { words } = crew;
  const calls = new Float64Array(words.buffer);
  const policy = makePolicy();
  /** The kernels of this thread under the numbers of jobs: a job is computed here as it is by a helper. */
  const gemms: Gemm[] = [];
  /** Of the job at hand: the tiles that this thread computed, and their milliseconds. */
  let [own, time] = [0, 0];
  return { gemmF32: sharing(kernels.gemmF32, 0), gemmF64: sharing(kernels.gemmF64, 1) };

  function sharing(alone: Gemm, double: 0 | 1): Gemm {
    const kernel = 2 * module + double;
    gemms[kernel] = alone;
    const rate = rateOf(kernels.variant.value, double);
    const least = leastWork(rate);
    const nr = double ? kernels.nrF64.value : kernels.nrF32.value;
    // Most calls are small: what they cost more than `alone` is one comparison.
    return (m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch) => {
      let plan: Plan | undefined;
      if (m * n * k >= least && crew.online > 0 && !crew.busy) {
        // Sizes and types tell products apart.
        const product = m + 2 ** 16 * n + 2 ** 32 * k + double / 2;
        // One that died awake counts for ever; it takes nothing.
        const awake = Math.min(crew.online, Atomics.load(words, AWAKE));
        plan = policy.plan(product, (m * n * k) / rate, awake, crew.online - awake, performance.now());
        if (plan.threads > 1) {
          const operands: Product = [m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch];
          if (shareFromCopy(kernel, operands, plan, nr)) return;
        }
      }
      alone(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, c, rsc, rectify, scratch);
      if (plan) policy.settle(plan, performance.now());
    };
  }

  /** A product that adds to C overwrites what it starts from: it starts from a copy, so that a tile can be computed again. */
  function shareFromCopy(kernel: number, product: Product, plan: Plan, nr: number): boolean {
    const [m, , , , , , , , , init, , c, rsc] = product;
    if (init !== c || init === NONE) return share(kernel, product, plan, nr);
    let copy: Pointer | undefined;
    try {
      copy = owner.allocate?.(m * rsc);
    } catch {}
    if (!copy) return false;
    try {
      new Uint8Array(owner.buffer as ArrayBuffer).copyWithin(copy, c, c + m * rsc);
      product[9] = copy;
      return share(kernel, product, plan, nr);
    } finally {
      owner.free?.(copy);
    }
  }

  /** Computes a product with helpers. False, with nothing done, if it is too small for tiles. */
  function share(kernel: number, product: Product, plan: Plan, nr: number): boolean {
    const cuts = cutsFor(plan.tiles, product[0], product[1], kernels.mr.value, nr);
    const tiles = cuts[0] * cuts[1];
    if (tiles < 2) return false;
    crew.busy = true;
    writeCalls(calls, kernel, product, cuts);
    publish(words, tiles);
    if (plan.wake > 0) Atomics.notify(words, CLAIM, plan.wake);
    let each = plan.time / tiles;
    try {
      takeTiles();
      if (own > 0) each = time / own;
    } finally {
      // Also where this thread has trapped, or its stack is full: no helper may be at a tile when the next job is published.
      for (let tile = Atomics.and(words, CLAIM, ~LEFT) & LEFT; tile < tiles && !crew.ended; tile++) {
        if (!finished(DONE + tile, each)) finishAlone(tiles, product);
      }
      crew.busy = false;
    }
    TEST.helped += tiles - own;
    // A thread alone would have taken as long for each tile as this one did for its own.
    if (own > 0) policy.settle(plan, performance.now(), each * tiles);
    return true;
  }

  /** Computes tiles until none is left to take. */
  function takeTiles(): void {
    [own, time] = [0, 0];
    const start = performance.now();
    for (;;) {
      const claim = Atomics.load(words, CLAIM);
      if ((claim & LEFT) === 0) break;
      const tile = take(words, claim);
      if (tile < 0) continue;
      // Of this thread's own, before: nobody waits for it, be it left in the middle.
      words[DONE + tile] = 1;
      computeTile(calls, tile, gemms, []);
      own++;
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
      pause();
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

  /**
   * Ends the helpers and computes what they left. One that was only held up may still write to the tile that it had begun,
   * until it has ended: so long, the blocks of C and of what it starts from are not handed out again.
   */
  function finishAlone(tiles: number, [, , , , , , , , , init, , c]: Product): void {
    crew.end("a helper thread fell silent in a product, which was computed without it", owner.withhold([init, c]));
    warn(crew);
    for (let tile = 0; tile < tiles; tile++) {
      if (!words[DONE + tile]) computeTile(calls, tile, gemms, []);
    }
  }
}
