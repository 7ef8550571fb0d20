/** Time, on hosts that may have no better clock than ECMAScript's own: an AudioWorklet has no `performance`. */

/** Milliseconds since some moment; with `Date`, whole ones. */
export function now(): number {
  const { performance } = globalThis as { performance?: { now?(): number } };
  return performance?.now ? performance.now() : Date.now();
}
