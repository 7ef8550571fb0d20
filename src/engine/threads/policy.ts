/**
 * How many threads a product gets, and in how many tiles: every constant of it, and what it was measured to be.
 *
 * A helper that is awake answers in 0.1 to 0.5 µs. One that sleeps answers in 25 to 70 µs, and waking it takes the caller
 * 8 to 12. So the awake are used from a few microseconds of work, the sleeping woken only for much, or for the little that
 * keeps coming. Where another program has the core, a helper costs more than it gives: then none is asked, for a while.
 *
 * Passes over many elements are shared likewise, cut by those who own them (nn/sharedPasses.ts).
 */
import type { Plan } from "../parallel.js";
import { MAX_TILES } from "./control.js";
import { type Cuts, startOf } from "./tiles.js";

/**
 * Multiply-adds in a nanosecond of each of VARIANTS, float32; float64 does half of it. By these a product's time is guessed:
 * the order of magnitude is enough.
 */
const RATES = [4, 14, 25, 48] as const;

/**
 * By how many times products are taken to be longer than they are: 1, but in tests, so that every product is shared; and how
 * many tiles helpers have computed.
 */
export const TEST: { factor: number; helped: number } = { factor: 1, helped: 0 };

// Times in milliseconds.

/** Of a thread that is awake, at least: below, sharing costs more than it saves. */
const SHARE = 0.002;
/** Of a thread that has to be woken. */
const SHARE_ASLEEP = 0.075;
/** So much work in so short a time is a training step: worth waking a helper, whatever each product is. */
const RECENT_WORK = 0.3;
const RECENT = 1;
/** A tile takes so long at least, where there are several for each thread: the last ones even out who came late. */
const TILE = 0.05;
const TILES_PER_THREAD = 3;
/**
 * Helpers rest after so much loss, over what was won before, of which so much counts. How long: four times as long as the last
 * time, unless the credit was full in between. Where another program has the core, a helper is held up in a tile for 3 to 6 ms,
 * again and again, and one such moment ends a trial whatever the loss: long rests keep what is lost to some 5 ms in two seconds.
 * On an idle machine that happens now and then, and a helper is woken late, or on this thread's own core, which takes 0.5 ms:
 * short ones first let a program that starts have its helpers at once. 32×784×50, two threads over one, busy: forward 0.99,
 * step 0.96; with a loss of 2 and rests of 100, 200, 400 … 1000 ms, 0.91 and 0.93. Idle, a loss of 0.5 left one
 * run in four, or more, at 1.0 instead of 1.5.
 */
const LOSS = 1;
const CREDIT = 5;
const LEAST_REST = 20;
const MOST_REST = 2000;
const LONGER = 4;
/**
 * What a thread alone takes for a product is the least that was seen, and by so much more each time. By its tiles of this
 * once alone, one that was held up itself would make a loss look like a gain: where the threads share a core, products
 * then took twice their time for good.
 */
const DRIFT = 1.01;
/** So many products are remembered. */
const PRODUCTS = 1000;

/** A tile is cut where tiles of the kernel end; in a C of up to so many of their rows, after any two. */
const LOW = 32;
const LEAST_ROWS = 2;
/**
 * Packing an element of A takes as long as so many multiply-adds, and one of B; in so low a C the kernel reads B where it lies,
 * and a tile of few rows costs nothing. Tiles one after the other, of the speed of the whole: 256×512×512 in 2 rows of 4 tiles
 * 0.93, in 8 columns 0.95, in 4 0.98; 100×784×100 in 3 rows of 2 tiles 0.95, in 6 rows 0.99.
 */
const PACKING_A = 4;
const PACKING_B = 12;

/** Multiply-adds in a millisecond of a variant, by its number among VARIANTS. */
export function rateOf(variant: number, double: 0 | 1): number {
  return ((RATES[variant] as number) * 1e6) / (1 + double);
}

/** Multiply-adds of a product that is worth sharing, if one thread does `rate` of them in a millisecond. */
export function leastWork(rate: number): number {
  return (2 * SHARE * rate) / TEST.factor;
}

export interface Policy {
  /**
   * What a product gets that one thread takes `guess` for, while so many helpers are awake and asleep.
   *
   * @param product a number that tells products apart
   */
  plan(product: number, guess: number, awake: number, asleep: number, now: number): Plan;
  /**
   * Takes note that it is done.
   *
   * @param alone the milliseconds that this thread would have taken for it alone, by its own tiles; default: it did
   */
  settle(plan: Plan, now: number, alone?: number): void;
}

export function makePolicy(): Policy {
  let recent = 0;
  let recentSince = 0;
  let balance = 0;
  let rest = 0;
  let restUntil = 0;
  const fastest = new Map<number, number>();
  return {
    plan(product, guess, awake, asleep, now) {
      const time = guess * TEST.factor;
      if (now - recentSince > RECENT) {
        recentSince = now;
        recent = 0;
      }
      recent += time;
      const useful = Math.min(awake, Math.floor(time / SHARE) - 1);
      const wake = Math.min(asleep, Math.floor(Math.max(time / SHARE_ASLEEP - 1, recent / RECENT_WORK)));
      const threads = now < restUntil ? 1 : 1 + useful + wake;
      const each = Math.min(TILES_PER_THREAD, Math.max(1, Math.floor(time / threads / TILE)));
      return { product, start: now, time: guess, threads, wake, tiles: Math.min(MAX_TILES, threads * each) };
    },
    settle({ product, start }, now, alone) {
      const taken = now - start;
      const least = Math.min(alone ?? taken, DRIFT * (fastest.get(product) ?? Number.POSITIVE_INFINITY));
      if (fastest.size > PRODUCTS) fastest.clear();
      fastest.set(product, least);
      if (alone === undefined) return;
      balance = Math.min(CREDIT, balance + least - taken);
      if (balance === CREDIT) rest = 0;
      if (balance > -LOSS * TEST.factor) return;
      balance = 0;
      rest = Math.min(MOST_REST, LONGER * rest || LEAST_REST);
      restUntil = now + rest;
    },
  };
}

/**
 * C, m × n, in as many tiles or, where it is too small for that, fewer. `mr` and `nr` are the kernel's own tile; `inPlace` tells
 * whether the rows of B are contiguous.
 */
export function cutsFor(tiles: number, m: number, n: number, mr: number, nr: number, inPlace: boolean): Cuts {
  const low = m <= LOW * TEST.factor * mr;
  const rowUnit = low ? LEAST_ROWS : mr;
  const columnUnit = TEST.factor > 1 ? 1 : nr;
  const packingB = low && inPlace ? 0 : PACKING_B;
  let least = Number.POSITIVE_INFINITY;
  let best = 1;
  let columns = 1;
  let rows = 1;
  do {
    const across = Math.floor(Math.min(tiles / rows, n / columnUnit)) || 1;
    const height = largest(m, rows, rowUnit);
    const width = largest(n, across, columnUnit);
    // Each thread packs its own A and B.
    const time = (height + packingB) * width + PACKING_A * height;
    if (time < least) [best, columns, least] = [rows, across, time];
  } while (++rows <= Math.min(tiles, m / rowUnit));
  return [best, columns, rowUnit, columnUnit];
}

/** The largest of several parts of a length, which is the last one. */
function largest(length: number, parts: number, unit: number): number {
  return length - startOf(parts - 1, parts, unit, length);
}
