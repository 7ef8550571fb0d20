import { expect, test } from "vitest";
import { Reader } from "../src/draw/reader.ts";

/** A network that says the same of every drawing. */
function saying(logits: readonly number[]) {
  const nothing = { weight: new Float32Array(784 * 2), bias: new Float32Array(2) };
  return { hidden: 2, layers: [nothing, { weight: new Float32Array(2 * 10), bias: Float32Array.from(logits) }] };
}

const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);

test.each([0, 100, -100])("the probabilities are the softmax of the outputs, also of outputs around %i", (around) => {
  const reader = new Reader();
  expect(reader.ready).toBe(false);
  // Output ln(d + 1) gives digit d the probability (d + 1) / 55.
  reader.learn(saying(DIGITS.map((digit) => around + Math.log(digit + 1))));
  const probabilities = reader.read(new Float32Array(784));
  for (const digit of DIGITS) expect(probabilities[digit]).toBeCloseTo((digit + 1) / 55, 5);
});

test("what was learnt last is what is read, and what is forgotten is not", () => {
  const reader = new Reader();
  const one = (best: number) => saying(DIGITS.map((digit) => (digit === best ? 9 : 0)));
  for (const best of [3, 8]) {
    reader.learn(one(best));
    const probabilities = reader.read(new Float32Array(784));
    expect(probabilities.indexOf(Math.max(...probabilities))).toBe(best);
  }
  reader.learn(null);
  expect(reader.ready).toBe(false);
});
