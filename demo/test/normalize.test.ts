import { expect, test } from "vitest";
import { normalize } from "../src/draw/normalize.ts";

/** A sheet of 100 × 100 with a filled box. */
function box(left: number, top: number, width: number, height: number): Uint8Array {
  const ink = new Uint8Array(100 * 100);
  for (let y = top; y < top + height; y++) ink.fill(255, y * 100 + left, y * 100 + left + width);
  return ink;
}

/** Centre of mass, and the rectangle of what is not zero. */
function measure(image: Float32Array) {
  let [mass, x, y] = [0, 0, 0];
  const [columns, rows] = [new Set<number>(), new Set<number>()];
  for (const [i, value] of image.entries()) {
    mass += value;
    x += value * ((i % 28) + 0.5);
    y += value * (Math.floor(i / 28) + 0.5);
    if (value > 0) {
      columns.add(i % 28);
      rows.add(Math.floor(i / 28));
    }
  }
  return { mass, x: x / mass, y: y / mass, width: columns.size, height: rows.size };
}

test("an empty sheet is no drawing", () => {
  expect(normalize(new Uint8Array(100 * 100), 100, 100)).toBeNull();
});

test.each([
  ["tall, in a corner", 0, 0, 20, 60, 7, 20],
  ["wide, in the other corner", 40, 70, 60, 30, 20, 10],
  ["smaller than the box", 50, 50, 5, 10, 10, 20],
])("a drawing that is %s fits 20 × 20, centred, with its proportions", (_, left, top, width, height, columns, rows) => {
  const image = normalize(box(left, top, width, height), 100, 100);
  const found = measure(image as Float32Array);
  expect(found.x).toBeCloseTo(14, 1);
  expect(found.y).toBeCloseTo(14, 1);
  expect(Math.abs(found.width - columns)).toBeLessThanOrEqual(1);
  expect(Math.abs(found.height - rows)).toBeLessThanOrEqual(1);
  expect(Math.max(...(image as Float32Array))).toBeCloseTo(1, 5);
});

test("the centre of mass comes to the middle, not the centre of the box", () => {
  const ink = box(10, 10, 60, 10);
  for (let y = 20; y < 70; y++) ink.fill(255, y * 100 + 10, y * 100 + 20);
  const found = measure(normalize(ink, 100, 100) as Float32Array);
  expect(found.x).toBeCloseTo(14, 0);
  expect(found.y).toBeCloseTo(14, 0);
});
