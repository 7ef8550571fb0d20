/** The policy of threads, on a clock of its own: what helpers won and lost, and how long they rest for it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cutsFor, makePolicy, type Policy, TEST } from "../../../src/engine/threads/policy.js";
import { eachCase, randomFrom } from "../../support/cases.js";

/** A product that one thread takes a millisecond for, and one helper, which is awake. */
const PRODUCT = 7;
let policy: Policy;
let now: number;
const { factor } = TEST;
beforeEach(() => {
  // As it is outside of tests.
  TEST.factor = 1;
  now = 1000;
  policy = makePolicy();
});
afterEach(() => {
  TEST.factor = factor;
});

function plan(product = PRODUCT, guess = 1) {
  return policy.plan(product, guess, 1, 0, now);
}

/** A product that took so long, this thread's own tiles saying that alone it would take `alone`. */
function compute(taken: number, alone = 1): void {
  const planned = plan();
  now += taken;
  policy.settle(planned, now, planned.threads > 1 ? alone : undefined);
}

/** For how many milliseconds from now on products are computed alone. */
function restOf(): number {
  const start = now;
  while (plan().threads === 1) now += 0.5;
  return now - start;
}

function winMuch(): void {
  for (let i = 0; i < 20; i++) compute(0.5);
}

it("shares a product of which each thread gets enough", () => {
  expect(plan(PRODUCT, 0.003).threads).toBe(1);
  expect(plan(PRODUCT, 0.005)).toMatchObject({ threads: 2, tiles: 2, wake: 0 });
  expect(plan(PRODUCT, 1)).toMatchObject({ threads: 2, tiles: 6, wake: 0 });
});

it("wakes a helper for a long product, or for short ones that keep coming", () => {
  const asleep = (guess: number) => policy.plan(PRODUCT, guess, 0, 1, now);
  expect(asleep(0.16)).toMatchObject({ threads: 2, wake: 1 });
  now += 2;
  expect(asleep(0.14).wake).toBe(0);
  expect(asleep(0.14).wake).toBe(0);
  expect(asleep(0.14)).toMatchObject({ threads: 2, wake: 1 });
});

it("lets helpers rest after a loss, and longer after each, up to two seconds", () => {
  const rests = [20, 80, 320, 1280, 2000, 2000];
  for (const rest of rests) {
    compute(4);
    expect(restOf()).toBeCloseTo(rest, 0);
  }
});

it("forgives a loss after much was won, and the rests before it", () => {
  compute(4);
  restOf();
  winMuch();
  compute(4);
  expect(plan().threads).toBe(2);
  winMuch();
  compute(9);
  expect(restOf()).toBeCloseTo(20, 0);
});

it("adds up small losses", () => {
  let count = 0;
  for (; plan().threads > 1; count++) compute(1.09);
  expect(count).toBe(12);
});

it("is not deceived by tiles of its own thread that were held up", () => {
  compute(0.5);
  // Both take turns on one core: its own tiles take twice their time, too.
  for (let i = 0; i < 4 && plan().threads > 1; i++) compute(2, 2.1);
  expect(restOf()).toBeGreaterThan(0);
});

it("learns what a product takes alone while helpers rest", () => {
  compute(0.5);
  compute(4);
  compute(0.3);
  restOf();
  // It gains nothing against one thread that has become so fast.
  for (let i = 0; i < 10 && plan().threads > 1; i++) compute(0.6, 1);
  expect(restOf()).toBeGreaterThan(0);
});

it("believes that a product has become slower if it is, in the long run", () => {
  compute(0.5);
  let times = 0;
  for (; times < 1000; times++) {
    compute(1.5, 3);
    now += 1100;
  }
  expect(plan().threads).toBe(2);
  winMuch();
  for (let i = 0; i < 100; i++) compute(1.5, 3);
  expect(plan().threads).toBe(2);
});

describe("a program of products of 0.07 ms each", () => {
  /** What products of the next `milliseconds` take in all, over what one thread would take for them. */
  function run(milliseconds: number, shared: () => number, alone: () => number): number {
    const end = now + milliseconds;
    let [taken, single] = [0, 0];
    while (now < end) {
      const planned = policy.plan(PRODUCT, 0.05, 1, 0, now);
      const own = alone();
      const time = planned.threads > 1 ? shared() : own;
      now += time;
      taken += time;
      single += own;
      policy.settle(planned, now, planned.threads > 1 ? own : undefined);
    }
    return taken / single;
  }

  /** On average every `every` milliseconds of products of `each`, `least` to 2 · `least` more. */
  const heldUp = (random: () => number, each: number, every: number, least: number) => () =>
    each + ((random() + 1) / 2 < each / every ? least * (1.5 + random() / 2) : 0);

  it("is shared for the most part, though all is held up now and then, and its first milliseconds are slow", () => {
    eachCase(Array(50).keys(), (seed) => {
      policy = makePolicy();
      const random = randomFrom(seed);
      const alone = heldUp(random, 0.07, 20, 1.5);
      run(20, heldUp(random, 0.25, 3, 1.5), () => 0.2);
      expect(run(2000, heldUp(random, 0.042, 20, 1.5), alone), `seed ${seed}`).toBeLessThan(1 / 1.3);
    });
  });

  it("loses little where another one has the helper's core for half of the time", () => {
    eachCase(Array(50).keys(), (seed) => {
      policy = makePolicy();
      const random = randomFrom(seed);
      let held = 0;
      // The two take turns of 3 ms.
      const shared = () => {
        if (now - held < 3) return 0.042;
        const time = 0.042 + 3 * (0.9 + random() / 10);
        held = now + time;
        return time;
      };
      expect(
        run(1000, shared, () => 0.07),
        `seed ${seed}`,
      ).toBeLessThan(1.03);
      expect(
        run(2000, shared, () => 0.07),
        `seed ${seed}`,
      ).toBeLessThan(1.01);
    });
  });
});

describe("the cut of a product", () => {
  const [MR, NR] = [4, 8];

  it("goes along rows where the kernel reads B in place, along columns where it packs it", () => {
    const cut = (tiles: number, m: number, n: number, inPlace: boolean) =>
      cutsFor(tiles, m, n, MR, NR, inPlace).slice(0, 2);
    expect(cut(2, 32, 50, true)).toEqual([2, 1]);
    expect(cut(6, 100, 100, true)).toEqual([6, 1]);
    expect(cut(6, 100, 784, false)).toEqual([1, 6]);
    expect(cut(6, 256, 512, true)).toEqual([1, 6]);
    expect(cut(6, 1024, 1024, true)).toEqual([2, 3]);
    expect(cut(6, 784, 10, true)).toEqual([6, 1]);
  });

  it("has a unit for every part, two rows at least unless C has one, and no more parts than tiles", () => {
    const random = randomFrom(16);
    const below = (most: number) => Math.floor(((random() + 1) / 2) * most);
    for (let i = 0; i < 2000; i++) {
      const [tiles, m, n] = [2 + below(62), 1 + below(300), 1 + below(300)] as const;
      const [rows, columns, rowUnit, columnUnit] = cutsFor(tiles, m, n, MR, NR, below(2) === 0);
      const says = `${tiles} tiles of ${m} × ${n}`;
      expect(rows * columns, says).toBeLessThanOrEqual(tiles);
      expect(rows === 1 || rows * rowUnit <= m, says).toBe(true);
      expect(columns === 1 || columns * columnUnit <= n, says).toBe(true);
      expect(rowUnit, says).toBeGreaterThanOrEqual(2);
      // All that could be cut is, be it into fewer parts.
      expect(rows * columns > 1 || (m < 2 * rowUnit && n < 2 * columnUnit), says).toBe(true);
    }
  });
});
