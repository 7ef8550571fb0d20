/** Column sums, the bias gradient: a row of ones times the matrix. */
import { rowTimesMatrix } from "./gemv";
import { ONE_AT, zeroRow } from "./scratch";

/**
 *     out[j] = init[j] + Σ_s src[s][j],   0 <= j < n,  s = 0, 1, … m-1 in this order
 *
 * 1·x is exact, so this is the plain sum. The row of ones is one number, read again at every step.
 *
 * @param src m x n, row-major, rows `rs` bytes apart
 * @param init `out` itself to add to it, or 0 for zeros
 * @param scratch SCRATCH_BYTES bytes, 16-byte aligned, of any content
 */
// biome-ignore format: operand by operand
export function columnSums<T extends number, V>(
  m: i32, n: i32,
  src: usize, rs: usize,
  init: usize,
  out: usize,
  scratch: usize,
): void {
  assert(m >= 0 && n >= 0 && (scratch & 15) === 0);
  const one = scratch + ONE_AT;
  store<T>(one, <T>1);
  const csi: usize = init === 0 ? 0 : sizeof<T>();
  rowTimesMatrix<T, V>(n, m, one, 0, src, rs, init === 0 ? zeroRow(scratch) : init, csi, out, false);
}
