/** What a run has computed, in a number after each step: of two runs that differ in one bit of a result, it differs. */
import type { FloatArray } from "affine-wasm";

const value = new Float64Array(1);
const halves = new Uint32Array(value.buffer);
let hash = 0;

/** To be called with every result. */
export function computed(...results: readonly (FloatArray | null)[]): void {
  for (const result of results) if (result) hash = bitsAfter(result, hash);
}

/** The number after a result, from that before (FNV-1a, of words). */
export function bitsAfter(result: FloatArray, before: number): number {
  let after = before ^ result.length;
  for (const each of result) {
    // The bits of a NaN are the engine's business.
    value[0] = Number.isNaN(each) ? Number.NaN : each;
    for (const half of halves) after = Math.imul(after ^ half, 0x01000193);
    after ^= after >>> 15;
  }
  return after;
}

/** Of all results so far. */
export function bitsSoFar(): number {
  return hash;
}
