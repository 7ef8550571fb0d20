/**
 * Products of three vectors of columns: both operands are read where they lie, nothing is packed and no column is padded. The last of a
 * tile's three vectors overlaps the one before where the width is no multiple of a vector, and both compute the same bits
 * for what they share; the last rows of a tile are one where fewer are left. Wider products are several strips, the last of which
 * overlaps likewise: then init must not be c.
 *
 *     b    ┌ b0 ┬ b1 ┬──┐              k rows, rsb apart; the last vector lies `last` bytes after the first
 *          └────┴──┬─┴──┤
 *                  └ b2 ┘
 *     a0 → ┌───────┬────┐              three rows of A, each a pointer of its own
 *     a1 → │       │    │              all of init is loaded before any of c is stored, so init may be c
 *     a2 → └───────┴────┘
 *
 * Nine sums hide the latency of an addition; twelve would leave no registers for what else a step needs.
 */
import { Count0 } from "../lanes/count";
import { activationFloor, atLeast, loadSplat, madd } from "../lanes/vector";

/**
 * Parameters as for `gemm`, but the elements of rows of A and B lie side by side, n takes three vectors, the last of which
 * lies `last` bytes after the first, and init is not 0.
 */
// biome-ignore format: operand by operand
export function strip<T extends number, V>(
  m: i32, k: i32,
  a: usize, rsa: usize,
  b: usize, rsb: usize, last: usize,
  init: usize, rsi: usize,
  c: usize, rsc: usize,
  rectify: bool,
): void {
  const floor = activationFloor<T, V>(rectify);
  for (; m > 0; m -= 3) {
    const one = <usize>i32(m > 1);
    const two = <usize>i32(m > 2);
    let i = init;
    let c00 = load<V>(i);
    let c01 = load<V>(i, sizeof<V>());
    let c02 = load<V>(i + last);
    i += one * rsi;
    let c10 = load<V>(i);
    let c11 = load<V>(i, sizeof<V>());
    let c12 = load<V>(i + last);
    i += two * rsi;
    let c20 = load<V>(i);
    let c21 = load<V>(i, sizeof<V>());
    let c22 = load<V>(i + last);
    let a0 = a;
    let a1 = a0 + one * rsa;
    let a2 = a1 + two * rsa;
    let bp = b;
    for (let p = k; p > 0; p--) {
      const b0 = load<V>(bp);
      const b1 = load<V>(bp, sizeof<V>());
      const b2 = load<V>(bp + last);
      const s0 = loadSplat<T, V, Count0>(a0);
      c00 = madd<T, V>(s0, b0, c00);
      c01 = madd<T, V>(s0, b1, c01);
      c02 = madd<T, V>(s0, b2, c02);
      const s1 = loadSplat<T, V, Count0>(a1);
      c10 = madd<T, V>(s1, b0, c10);
      c11 = madd<T, V>(s1, b1, c11);
      c12 = madd<T, V>(s1, b2, c12);
      const s2 = loadSplat<T, V, Count0>(a2);
      c20 = madd<T, V>(s2, b0, c20);
      c21 = madd<T, V>(s2, b1, c21);
      c22 = madd<T, V>(s2, b2, c22);
      a0 += sizeof<T>();
      a1 += sizeof<T>();
      a2 += sizeof<T>();
      bp += rsb;
    }
    let to = c;
    store<V>(to, atLeast<T, V>(c00, floor));
    store<V>(to, atLeast<T, V>(c01, floor), sizeof<V>());
    store<V>(to + last, atLeast<T, V>(c02, floor));
    to += one * rsc;
    store<V>(to, atLeast<T, V>(c10, floor));
    store<V>(to, atLeast<T, V>(c11, floor), sizeof<V>());
    store<V>(to + last, atLeast<T, V>(c12, floor));
    to += two * rsc;
    store<V>(to, atLeast<T, V>(c20, floor));
    store<V>(to, atLeast<T, V>(c21, floor), sizeof<V>());
    store<V>(to + last, atLeast<T, V>(c22, floor));
    a += 3 * rsa;
    init += 3 * rsi;
    c += 3 * rsc;
  }
}
