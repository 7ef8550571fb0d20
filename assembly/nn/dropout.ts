/** Dropout: Srivastava et al., JMLR 15 (2014), in its inverted form, as PyTorch has it. */

import { loadNext, storeNext, times } from "../lanes/arithmetic";
import { mixed, zeroUnlessHashed } from "../lanes/hash";
import { lanes, splat } from "../lanes/vector";

/**
 * y[r][j] = hash(seed, row + r, j) >= floor ? factor·x[r][j] : 0; y may be x. What is dropped is 0 whatever it was. The
 * gradient is the same function of dy.
 *
 * @param seed of 32 bits
 * @param row the number of the first row, from 0 to 2^53
 * @param floor 2^32 times the part that is dropped
 */
// biome-ignore format: operand by operand
export function dropout<T extends number, V>(
  rows: i32, columns: i32, x: usize,
  seed: u32, row: f64, floor: u32, factor: f64, y: usize,
): void {
  assert(rows >= 0 && columns >= 0 && row >= 0);
  const factors = splat<T, V>(<T>factor);
  const step = <usize>columns * sizeof<T>();
  // biome-ignore lint/correctness/noPrecisionLoss: a u64
  const start = mixed((<u64>seed + 1) * 0xd1b54a32d192ed03);
  for (let r = <u64>row, end = r + <u64>rows; r < end; r++) {
    // biome-ignore lint/correctness/noPrecisionLoss: a u64
    const key = mixed(start + r * 0x9e3779b97f4a7c15);
    let at: usize = 0;
    for (let j = 0; j < columns; j += lanes<T, V>()) {
      const kept = zeroUnlessHashed<T, V>(loadNext<T, V>(x + at, columns - j, <T>0), j, key, floor);
      storeNext<T, V>(y + at, columns - j, times<T, V>(factors, kept));
      at += sizeof<V>();
    }
    x += step;
    y += step;
  }
}
