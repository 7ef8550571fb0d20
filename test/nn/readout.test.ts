/** What outputs mean: probabilities and classes. */
import { memoryUsage, tensor } from "affine-wasm";
import { argmax, sigmoid, softmax } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { eachCase, expectError, type Kind, randomFrom, wrong } from "../support/cases.js";

const random = randomFrom(9);

describe("softmax and sigmoid", () => {
  it("are the equations, in both element types, wherever the arrays lie", () => {
    const y = Float64Array.from({ length: 12 }, () => 5 * random());
    const p = softmax(y, 4);
    const s = sigmoid(y);
    for (let r = 0; r < 3; r++) {
      const row = [...y.subarray(4 * r, 4 * r + 4)].map(Math.exp);
      const sum = row.reduce((a, b) => a + b, 0);
      for (const [j, e] of row.entries()) expect(p[4 * r + j]).toBeCloseTo(e / sum, 14);
    }
    for (const [i, v] of y.entries()) expect(s[i]).toBeCloseTo(1 / (1 + Math.exp(-v)), 14);
    const single = Float32Array.from(y);
    for (const [i, v] of softmax(single, 4).entries()) {
      expect(Math.abs(v / (softmax(Float64Array.from(single), 4)[i] as number) - 1)).toBeLessThan(1e-6);
    }
    using inside = tensor(12);
    inside.data.set(single);
    expect(softmax(inside.data, 4)).toEqual(softmax(single, 4));
    const wanted = sigmoid(single);
    const data = inside.data;
    expect(sigmoid(data, data)).toBe(data);
    expect(data).toEqual(wanted);
    // In place, and over a part of itself.
    expect(softmax(single.slice(), 4, single)).toBe(single);
  });

  it("keep no memory", () => {
    softmax(new Float32Array(4), 4);
    const { used } = memoryUsage();
    softmax(new Float32Array(400), 4);
    sigmoid(new Float64Array(400));
    expect(memoryUsage().used).toBe(used);
  });
});

it("argmax is the first largest of each row, and the first NaN of one that has any", () => {
  const { NaN: nan } = Number;
  const y = Float32Array.of(1, 3, 3, -1, -2, -3, 0, nan, nan, -0, 0, -0);
  expect([...argmax(y, 3)]).toEqual([1, 0, 1, 0]);
  expect([...argmax(new Float64Array(0), 3)]).toEqual([]);
});

it("wrong arrays and columns are refused", () => {
  const y = new Float32Array(6);
  eachCase<[() => unknown, Kind, string]>(
    [
      [() => softmax(y, 4), RangeError, "softmax: y has 6 values, not a multiple of columns 4"],
      [() => softmax(y, 0), RangeError, "softmax: columns must be at least 1, got 0"],
      [() => softmax(wrong([1, 2]), 2), TypeError, "softmax: y must be a Float32Array or a Float64Array, got an Array"],
      [() => sigmoid(y, new Float32Array(5)), RangeError, "sigmoid: out has 5 values, expected 6 = rows 6 × columns 1"],
      [() => sigmoid(y, wrong(new Float64Array(6))), TypeError, "sigmoid: out must be of float32, as y is"],
      [() => argmax(y, wrong(undefined)), TypeError, "argmax: columns must be a number, got undefined"],
    ],
    (each) => expectError(...each),
  );
  const gone = tensor(6);
  const view = gone.data;
  gone.dispose();
  eachCase([() => softmax(view, 3), () => argmax(view, 3), () => sigmoid(y, view)], (use) =>
    expect(use).toThrow(ReferenceError),
  );
});
