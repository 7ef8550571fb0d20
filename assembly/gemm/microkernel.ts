/**
 * The micro-kernel: a tile of C, R x N·lanes, held in registers from its first value to its last.
 *
 *     C[i][j] = act( init[i][j] + Σ_p A[i][p]·B[p][j] ),   0 <= i < R,  0 <= j < N·lanes,  p = 0, 1, … k-1 in this order
 *
 *            b    ┌ b0 ┬ b1 ┐   one row of B per step, N loads            cIJ: row I, vector J
 *                 └────┴────┘   b += bStep
 *     a  ┌────┐   ┌────┬────┐
 *        │ a0 │   │ c00│ c01│   R elements of A per step, side by side in memory,
 *        │ a1 │   │ c10│ c11│   each splat to all lanes when its row needs it
 *        │ …  │   │  … │  … │   a += R elements
 *        └────┘   └────┴────┘
 *
 * `a` is a packed panel, `b` another (bStep = N vectors) or the operand itself where it lies so. Tiles that stand one below
 * the other, and whose panels of A follow one another, are one call: where k is 10, a call takes as long as half a tile.
 * `init` may be c itself (accumulate), or one row used for all (a bias, or zeros: initStep = 0).
 *
 * Why it looks like this: an engine leaves 15 of the 16 vector registers of x64 and keeps the order of the code, so B is
 * loaded first, then each element of A is splat just before its row: 12 accumulators, 2 of B, 1 of A. It stays a
 * function of its own, because an engine replaces code between calls, not inside a running loop. Steps are in bytes.
 *
 * Reference: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008.
 */
import { Count0, Count1, Count2, Count3, Count4, Count5, count } from "../lanes/count";
import { activationFloor, atLeast, loadSplat, madd, splat } from "../lanes/vector";
import { MR, NV, TILES_AT_ONCE } from "./blocking";

/** `tiles` tiles, one below the other: 1 unless TILES_AT_ONCE and they are MR x NV. R is 1 to 6 rows, N is 1 to 4 vectors. */
// biome-ignore format: operand by operand
export function tile<T extends number, V, R, N>(
  tiles: i32, k: i32,
  a: usize,
  b: usize, bStep: usize,
  init: usize, initStep: usize,
  c: usize, cStep: usize,
  rectify: bool,
): void {
  const zero = splat<T, V>(<T>0);
  if (MR > 5 && count<R>() === MR && count<N>() === NV) {
    // Read and dropped, and yet needed: V8 keeps the sum of memory's address and an offset that it has computed before, and adds
    // up 5 of them in each step of the loop otherwise. 1.01 of the speed, wide 1.02; in tiles of fewer rows there is time for it.
    loadSplat<T, V, Count1>(a);
    loadSplat<T, V, Count2>(a);
    loadSplat<T, V, Count3>(a);
    loadSplat<T, V, Count4>(a);
    loadSplat<T, V, Count5>(a);
  }
  do {
    let c00 = zero;
    let c01 = zero;
    let c02 = zero;
    let c03 = zero;
    let c10 = zero;
    let c11 = zero;
    let c12 = zero;
    let c13 = zero;
    let c20 = zero;
    let c21 = zero;
    let c22 = zero;
    let c23 = zero;
    let c30 = zero;
    let c31 = zero;
    let c32 = zero;
    let c33 = zero;
    let c40 = zero;
    let c41 = zero;
    let c42 = zero;
    let c43 = zero;
    let c50 = zero;
    let c51 = zero;
    let c52 = zero;
    let c53 = zero;

    // All loads of the tile come before any of its stores.
    c00 = load<V>(init);
    if (count<N>() > 1) c01 = load<V>(init, sizeof<V>());
    if (count<N>() > 2) c02 = load<V>(init, 2 * sizeof<V>());
    if (count<N>() > 3) c03 = load<V>(init, 3 * sizeof<V>());
    if (count<R>() > 1) {
      init += initStep;
      c10 = load<V>(init);
      if (count<N>() > 1) c11 = load<V>(init, sizeof<V>());
      if (count<N>() > 2) c12 = load<V>(init, 2 * sizeof<V>());
      if (count<N>() > 3) c13 = load<V>(init, 3 * sizeof<V>());
    }
    if (count<R>() > 2) {
      init += initStep;
      c20 = load<V>(init);
      if (count<N>() > 1) c21 = load<V>(init, sizeof<V>());
      if (count<N>() > 2) c22 = load<V>(init, 2 * sizeof<V>());
      if (count<N>() > 3) c23 = load<V>(init, 3 * sizeof<V>());
    }
    if (count<R>() > 3) {
      init += initStep;
      c30 = load<V>(init);
      if (count<N>() > 1) c31 = load<V>(init, sizeof<V>());
      if (count<N>() > 2) c32 = load<V>(init, 2 * sizeof<V>());
      if (count<N>() > 3) c33 = load<V>(init, 3 * sizeof<V>());
    }
    if (count<R>() > 4) {
      init += initStep;
      c40 = load<V>(init);
      if (count<N>() > 1) c41 = load<V>(init, sizeof<V>());
      if (count<N>() > 2) c42 = load<V>(init, 2 * sizeof<V>());
      if (count<N>() > 3) c43 = load<V>(init, 3 * sizeof<V>());
    }
    if (count<R>() > 5) {
      init += initStep;
      c50 = load<V>(init);
      if (count<N>() > 1) c51 = load<V>(init, sizeof<V>());
      if (count<N>() > 2) c52 = load<V>(init, 2 * sizeof<V>());
      if (count<N>() > 3) c53 = load<V>(init, 3 * sizeof<V>());
    }

    init += initStep;
    let bp = b;
    for (let p = k; p > 0; p--) {
      const b0 = load<V>(bp);
      const b1 = count<N>() > 1 ? load<V>(bp, sizeof<V>()) : zero;
      const b2 = count<N>() > 2 ? load<V>(bp, 2 * sizeof<V>()) : zero;
      const b3 = count<N>() > 3 ? load<V>(bp, 3 * sizeof<V>()) : zero;
      const a0 = loadSplat<T, V, Count0>(a);
      c00 = madd<T, V>(a0, b0, c00);
      if (count<N>() > 1) c01 = madd<T, V>(a0, b1, c01);
      if (count<N>() > 2) c02 = madd<T, V>(a0, b2, c02);
      if (count<N>() > 3) c03 = madd<T, V>(a0, b3, c03);
      if (count<R>() > 1) {
        const a1 = loadSplat<T, V, Count1>(a);
        c10 = madd<T, V>(a1, b0, c10);
        if (count<N>() > 1) c11 = madd<T, V>(a1, b1, c11);
        if (count<N>() > 2) c12 = madd<T, V>(a1, b2, c12);
        if (count<N>() > 3) c13 = madd<T, V>(a1, b3, c13);
      }
      if (count<R>() > 2) {
        const a2 = loadSplat<T, V, Count2>(a);
        c20 = madd<T, V>(a2, b0, c20);
        if (count<N>() > 1) c21 = madd<T, V>(a2, b1, c21);
        if (count<N>() > 2) c22 = madd<T, V>(a2, b2, c22);
        if (count<N>() > 3) c23 = madd<T, V>(a2, b3, c23);
      }
      if (count<R>() > 3) {
        const a3 = loadSplat<T, V, Count3>(a);
        c30 = madd<T, V>(a3, b0, c30);
        if (count<N>() > 1) c31 = madd<T, V>(a3, b1, c31);
        if (count<N>() > 2) c32 = madd<T, V>(a3, b2, c32);
        if (count<N>() > 3) c33 = madd<T, V>(a3, b3, c33);
      }
      if (count<R>() > 4) {
        const a4 = loadSplat<T, V, Count4>(a);
        c40 = madd<T, V>(a4, b0, c40);
        if (count<N>() > 1) c41 = madd<T, V>(a4, b1, c41);
        if (count<N>() > 2) c42 = madd<T, V>(a4, b2, c42);
        if (count<N>() > 3) c43 = madd<T, V>(a4, b3, c43);
      }
      if (count<R>() > 5) {
        const a5 = loadSplat<T, V, Count5>(a);
        c50 = madd<T, V>(a5, b0, c50);
        if (count<N>() > 1) c51 = madd<T, V>(a5, b1, c51);
        if (count<N>() > 2) c52 = madd<T, V>(a5, b2, c52);
        if (count<N>() > 3) c53 = madd<T, V>(a5, b3, c53);
      }
      a += count<R>() * sizeof<T>();
      bp += bStep;
    }

    const floor = activationFloor<T, V>(rectify);
    store<V>(c, atLeast<T, V>(c00, floor));
    if (count<N>() > 1) store<V>(c, atLeast<T, V>(c01, floor), sizeof<V>());
    if (count<N>() > 2) store<V>(c, atLeast<T, V>(c02, floor), 2 * sizeof<V>());
    if (count<N>() > 3) store<V>(c, atLeast<T, V>(c03, floor), 3 * sizeof<V>());
    if (count<R>() > 1) {
      c += cStep;
      store<V>(c, atLeast<T, V>(c10, floor));
      if (count<N>() > 1) store<V>(c, atLeast<T, V>(c11, floor), sizeof<V>());
      if (count<N>() > 2) store<V>(c, atLeast<T, V>(c12, floor), 2 * sizeof<V>());
      if (count<N>() > 3) store<V>(c, atLeast<T, V>(c13, floor), 3 * sizeof<V>());
    }
    if (count<R>() > 2) {
      c += cStep;
      store<V>(c, atLeast<T, V>(c20, floor));
      if (count<N>() > 1) store<V>(c, atLeast<T, V>(c21, floor), sizeof<V>());
      if (count<N>() > 2) store<V>(c, atLeast<T, V>(c22, floor), 2 * sizeof<V>());
      if (count<N>() > 3) store<V>(c, atLeast<T, V>(c23, floor), 3 * sizeof<V>());
    }
    if (count<R>() > 3) {
      c += cStep;
      store<V>(c, atLeast<T, V>(c30, floor));
      if (count<N>() > 1) store<V>(c, atLeast<T, V>(c31, floor), sizeof<V>());
      if (count<N>() > 2) store<V>(c, atLeast<T, V>(c32, floor), 2 * sizeof<V>());
      if (count<N>() > 3) store<V>(c, atLeast<T, V>(c33, floor), 3 * sizeof<V>());
    }
    if (count<R>() > 4) {
      c += cStep;
      store<V>(c, atLeast<T, V>(c40, floor));
      if (count<N>() > 1) store<V>(c, atLeast<T, V>(c41, floor), sizeof<V>());
      if (count<N>() > 2) store<V>(c, atLeast<T, V>(c42, floor), 2 * sizeof<V>());
      if (count<N>() > 3) store<V>(c, atLeast<T, V>(c43, floor), 3 * sizeof<V>());
    }
    if (count<R>() > 5) {
      c += cStep;
      store<V>(c, atLeast<T, V>(c50, floor));
      if (count<N>() > 1) store<V>(c, atLeast<T, V>(c51, floor), sizeof<V>());
      if (count<N>() > 2) store<V>(c, atLeast<T, V>(c52, floor), 2 * sizeof<V>());
      if (count<N>() > 3) store<V>(c, atLeast<T, V>(c53, floor), 3 * sizeof<V>());
    }
    c += cStep;
  } while (TILES_AT_ONCE && count<R>() === MR && count<N>() === NV && --tiles);
}
