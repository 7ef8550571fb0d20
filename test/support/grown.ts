/** What becomes of views when memory grows: they are detached or, where threads share the memory, live on. */
import type { FloatArray } from "../../src/common/dtype.js";

/** Whether a view is of memory that threads share. */
export function isSharedView(view: FloatArray): boolean {
  return !(view.buffer instanceof ArrayBuffer);
}

/** Whether memory has grown since `before` was taken of the place that `now` shows, and `before` is what it then has to be. */
export function hasGrownSince(before: FloatArray, now: FloatArray): boolean {
  return isSharedView(now) ? before.buffer !== now.buffer && showSame(before, now) : before.length === 0;
}

/** Whether two views show the same bytes: what is written through one is read through the other. */
export function showSame(a: FloatArray, b: FloatArray): boolean {
  if (a.length !== b.length || a.byteOffset !== b.byteOffset || a.length === 0) return false;
  const last = a.length - 1;
  const was = a[last] as number;
  return [1, 2].every((mark) => {
    a[last] = mark;
    const seen = b[last] === mark;
    a[last] = was;
    return seen;
  });
}
