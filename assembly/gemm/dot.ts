/**
 * One row of A times a transposed matrix: both lie along k, so each element of c is a dot product of two contiguous rows.
 *
 *     c[j] = act( init[j] + Σ_p a[p]·B[j][p] )
 *
 * The sum is split over 16 bytes' worth of lanes, in the scalar build too: element p goes to partial sum p mod 4 (f32)
 * or 2 (f64), the partial sums are added pairwise, then come the elements that fill no vector. All builds without fused
 * arithmetic so give the same bits.
 */
import { activationFloor, atLeast, foldAll, foldPairs, gather2, gather4, madd, splat, sum } from "../lanes/vector";

/** Bytes of a row that fill whole 16-byte groups. */
function wholeGroups<T extends number>(k: i32): usize {
  return (<usize>k * sizeof<T>()) & ~15;
}

/** `s` plus the products of the elements that fill no group, then the starting value and the activation. */
function finish<T extends number>(s: T, k: i32, a: usize, b: usize, init: usize, c: usize, rectify: bool): void {
  const end = <usize>k * sizeof<T>();
  for (let at = wholeGroups<T>(k); at < end; at += sizeof<T>()) s = madd<T, T>(load<T>(a + at), load<T>(b + at), s);
  s = add<T>(load<T>(init), s);
  store<T>(c, atLeast<T, T>(s, activationFloor<T, T>(rectify)));
}

/** The whole groups of one dot product. */
function dot<T extends number, V>(k: i32, a: usize, b: usize): T {
  const end = a + wholeGroups<T>(k);
  if (isVector<V>()) {
    let d = splat<T, V>(<T>0);
    for (; a < end; a += 16) {
      d = madd<T, V>(load<V>(a), load<V>(b), d);
      b += 16;
    }
    return foldAll<T, V>(d);
  }
  let d0: T = <T>0;
  let d1: T = <T>0;
  let d2: T = <T>0;
  let d3: T = <T>0;
  for (; a < end; a += 16) {
    d0 = madd<T, T>(load<T>(a), load<T>(b), d0);
    d1 = madd<T, T>(load<T>(a, sizeof<T>()), load<T>(b, sizeof<T>()), d1);
    if (sizeof<T>() === 4) {
      d2 = madd<T, T>(load<T>(a, 8), load<T>(b, 8), d2);
      d3 = madd<T, T>(load<T>(a, 12), load<T>(b, 12), d3);
    }
    b += 16;
  }
  const low = add<T>(d0, d1);
  return sizeof<T>() === 4 ? add<T>(low, add<T>(d2, d3)) : low;
}

/**
 * Row times transposed matrix: `n` rows of B, `csb` bytes apart. Four at a time share the loads of `a`, and are finished
 * side by side in one vector (f32) or two (f64). `csi` is the step of `init` as in `rowTimesMatrix`.
 */
// biome-ignore format: operand by operand
export function rowTimesTransposed<T extends number, V>(
  n: i32, k: i32,
  a: usize,
  b: usize, csb: usize,
  init: usize, csi: usize,
  c: usize,
  rectify: bool,
): void {
  let j = 0;
  if (isVector<V>()) {
    const floor = activationFloor<T, V>(rectify);
    const bytes = wholeGroups<T>(k);
    const end = <usize>k * sizeof<T>();
    for (; j + 4 <= n; j += 4) {
      const b1 = b + csb;
      const b2 = b1 + csb;
      const b3 = b2 + csb;
      let d0 = splat<T, V>(<T>0);
      let d1 = d0;
      let d2 = d0;
      let d3 = d0;
      for (let at: usize = 0; at < bytes; at += 16) {
        const ap = load<V>(a + at);
        d0 = madd<T, V>(ap, load<V>(b + at), d0);
        d1 = madd<T, V>(ap, load<V>(b1 + at), d1);
        d2 = madd<T, V>(ap, load<V>(b2 + at), d2);
        d3 = madd<T, V>(ap, load<V>(b3 + at), d3);
      }
      let s0 = foldPairs<T, V>(d0, d1);
      let s2 = foldPairs<T, V>(d2, d3);
      if (sizeof<T>() === 4) s0 = foldPairs<T, V>(s0, s2);
      for (let at = bytes; at < end; at += sizeof<T>()) {
        const ap = splat<T, V>(load<T>(a + at));
        if (sizeof<T>() === 4) s0 = madd<T, V>(ap, gather4<V>(b + at, b1 + at, b2 + at, b3 + at), s0);
        else {
          s0 = madd<T, V>(ap, gather2<V>(b + at, b1 + at), s0);
          s2 = madd<T, V>(ap, gather2<V>(b2 + at, b3 + at), s2);
        }
      }
      store<V>(c, atLeast<T, V>(sum<T, V>(load<V>(init), s0), floor));
      if (sizeof<T>() === 8) store<V>(c, atLeast<T, V>(sum<T, V>(load<V>(init + 2 * csi), s2), floor), 16);
      b = b3 + csb;
      init += 4 * csi;
      c += 4 * sizeof<T>();
    }
  }
  for (; j < n; j++) {
    finish<T>(dot<T, V>(k, a, b), k, a, b, init, c, rectify);
    b += csb;
    init += csi;
    c += sizeof<T>();
  }
}
