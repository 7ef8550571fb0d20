/**
 * The ABI of the kernels beside the layer: a module of its own, over the same memory as those of `assembly/index.ts`.
 * `src/nn/abi.ts` is its TypeScript side, and a test holds the two together.
 */
import { gather } from "./rows";

export * from "./f32";
export * from "./f64";

/** Which build this is: 0 scalar, 1 simd. */
export const variant: i32 = ASC_FEATURE_SIMD ? 1 : 0;

export function gatherRows(rows: i32, bytes: usize, source: usize, indices: usize, out: usize): void {
  gather(rows, bytes, source, indices, out);
}
