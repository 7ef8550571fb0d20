/** Shapes as files and callers give them: sizes from outside, to be checked. */

/** The numbers of an array of whole numbers, copied: each is read once, and a hole is none. Undefined for anything else. */
export function wholesOf(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const { length } = value;
  const sizes: number[] = [];
  for (let i = 0; i < length; i++) {
    const size: unknown = value[i];
    if (!Number.isSafeInteger(size) || (size as number) < 0) return undefined;
    sizes.push(size as number);
  }
  return sizes;
}

/**
 * How many elements a shape has. NaN if they, or those of the same array without its empty dimensions, are more than a
 * number counts exactly: (2³², 2³², 0) is no shape that one could have.
 */
export function countOf(shape: readonly number[]): number {
  let product = 1;
  let empty = false;
  for (const size of shape) {
    if (size === 0) empty = true;
    else product *= size;
    if (product > Number.MAX_SAFE_INTEGER) return Number.NaN;
  }
  return empty ? 0 : product;
}

/** A shape in a message. */
export function shapeText(value: unknown): string {
  const sizes = wholesOf(value);
  if (sizes) return sizes.length > 16 ? `[${sizes.slice(0, 16)}, … ${sizes.length} sizes]` : `[${sizes}]`;
  if (!Array.isArray(value)) return typeof value === "number" ? `${value}` : `a ${typeof value}`;
  const each = Array.from(value.slice(0, 16), (size) => (typeof size === "number" ? `${size}` : `a ${typeof size}`));
  return `[${each}]`;
}
