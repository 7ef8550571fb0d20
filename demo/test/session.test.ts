import { expect, test } from "vitest";
import { type Digits, PIXELS } from "../src/train/digits.ts";
import { Session } from "../src/train/session.ts";
import { pictureOf } from "../src/train/strokes.ts";

const SETTINGS = { hidden: 16, optimizer: "adam", learningRate: 0.01, batchSize: 100, threads: 1 } as const;

/** Digits that are easy to tell: of digit d, the pixels from 70·d on are ink. Their labels may be another's. */
function digits(count: number, labelOf: (digit: number) => number): Digits {
  const images = new Uint8Array(count * PIXELS);
  for (let i = 0; i < count; i++) images.fill(255, i * PIXELS + 70 * (i % 10), i * PIXELS + 70 * (i % 10) + 70);
  return { count, images, labels: Uint8Array.from({ length: count }, (_, i) => labelOf(i % 10)) };
}

test("the accuracy on the test digits is theirs, not that of what was learnt", async () => {
  // Half of the test digits bear a wrong label.
  const train = digits(6000, (digit) => digit);
  const test = digits(2000, (digit) => (digit < 5 ? digit : 0));
  const session = new Session({ train, test }, SETTINGS);
  const progress = await session.next();
  expect(progress.epochs).toBe(1);
  expect(progress.accuracy).toBeGreaterThan(0.5);
  expect(progress.test).toBe(0.5);
  session.dispose();
});

test("a unit's picture is of the weights into that unit, in the order of the pixels", async () => {
  const weight = Float32Array.from({ length: PIXELS * 3 }, (_, i) => i);
  const last = { weight: new Float32Array(30).fill(-1), bias: new Float32Array(10) };
  const picture = pictureOf({ hidden: 3, layers: [{ weight, bias: new Float32Array(3) }, last] }, 2);
  expect(picture.length).toBe(PIXELS);
  expect([...picture.slice(0, 3), picture.at(-1)]).toEqual([2, 5, 8, 3 * PIXELS - 1]);
});

test("pausing changes nothing: the weights are those at that moment, and the learning rate may change", async () => {
  const session = new Session(
    { train: digits(6000, (digit) => digit), test: digits(2000, (digit) => digit) },
    SETTINGS,
  );
  await session.next();
  const before = session.weights();
  expect(session.weights()).toEqual(before);
  // As good as no step at all.
  session.tune({ ...SETTINGS, learningRate: 1e-30 });
  await session.next();
  expect(session.weights()).toEqual(before);
  session.dispose();
});
