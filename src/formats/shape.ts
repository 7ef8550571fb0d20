/** Shapes as files give them: sizes from outside, to be checked. */

/** Whether `value` is an array of whole numbers. */
export function areWhole(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}

/** How many elements a shape has. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
