/** The policy of threads, on a clock of its own: what helpers won and lost, and how long they rest for it. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { makePolicy, type Policy, TEST } from "../../../src/engine/threads/policy.js";

/** A product that one thread takes a millisecond for, and one helper, which is awake. */
const PRODUCT = 7;
let policy: Policy;
let now: number;
const { factor } = TEST;
beforeEach(() => {
  // As it is outside of tests.
  TEST.factor = 1;
  policy = makePolicy();
  now = 1000;
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
  expect(plan(PRODUCT, 1)).toMatchObject({ threads: 2, tiles: 8, wake: 0 });
});

it("wakes a helper for a long product, or for short ones that keep coming", () => {
  const asleep = (guess: number) => policy.plan(PRODUCT, guess, 0, 1, now);
  expect(asleep(0.16)).toMatchObject({ threads: 2, wake: 1 });
  now += 2;
  expect(asleep(0.14).wake).toBe(0);
  expect(asleep(0.14).wake).toBe(0);
  expect(asleep(0.14)).toMatchObject({ threads: 2, wake: 1 });
});

it("lets helpers rest after a loss, and longer after each, up to a second", () => {
  const rests = [10, 40, 160, 640, 1000, 1000];
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
  expect(restOf()).toBeCloseTo(10, 0);
});

it("adds up small losses", () => {
  let count = 0;
  for (; plan().threads > 1; count++) compute(1.09);
  expect(count).toBe(6);
});

it("is not deceived by tiles of its own thread that were held up", () => {
  compute(0.5);
  // Both take turns on one core: its own tiles take twice their time, too.
  for (let i = 0; i < 3 && plan().threads > 1; i++) compute(2, 2.1);
  expect(restOf()).toBeGreaterThan(0);
});

it("learns what a product takes alone while helpers rest", () => {
  compute(0.5);
  compute(4);
  compute(0.3);
  restOf();
  // It gains nothing against one thread that has become so fast.
  for (let i = 0; i < 3 && plan().threads > 1; i++) compute(0.6, 1);
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
