/**
 * One row of A times a transposed matrix: both lie along k, so each element of c is a dot product of two contiguous rows.
 *
 *     c[j] = act( init[j] + Σ_p a[p]·B[j][p] )
 *
 * The sum is split over 16 bytes' worth of lanes, in the scalar build too: element p goes to partial sum p mod 4 (f32)
 * or 2 (f64), the partial sums are added pairwise, then come the elements that fill no vector. All builds without fused
 * arithmetic so give the same bits.
 */
import { activationFloor, atLeast, madd, splat } from "./vector";

/** Bytes of a row that fill whole 16-byte groups. */
function wholeGroups<T extends number>(k: i32): usize {
  return (<usize>k * sizeof<T>()) & ~15;
}

/** The sum of the lanes, pairwise. */
function fold<T extends number>(v: v128): T {
  const low = add<T>(v128.extract_lane<T>(v, 0), v128.extract_lane<T>(v, 1));
  if (sizeof<T>() === 8) return low;
  return add<T>(low, add<T>(v128.extract_lane<T>(v, 2), v128.extract_lane<T>(v, 3)));
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
    return fold<T>(changetype<v128>(d));
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

/** Row times transposed matrix: `n` rows of B, `csb` bytes apart. Four at a time share the loads of `a`.
 * `csi` is the step of `init` as in `rowTimesMatrix`. */
export function rowTimesTransposed<T extends number, V>(
  n: i32,
  k: i32,
  a: usize,
  b: usize,
  csb: usize,
  init: usize,
  csi: usize,
  c: usize,
  rectify: bool,
): void {
  let j = 0;
  if (isVector<V>()) {
    const bytes = wholeGroups<T>(k);
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
      finish<T>(fold<T>(changetype<v128>(d0)), k, a, b, init, c, rectify);
      finish<T>(fold<T>(changetype<v128>(d1)), k, a, b1, init + csi, c + sizeof<T>(), rectify);
      finish<T>(fold<T>(changetype<v128>(d2)), k, a, b2, init + 2 * csi, c + 2 * sizeof<T>(), rectify);
      finish<T>(fold<T>(changetype<v128>(d3)), k, a, b3, init + 3 * csi, c + 3 * sizeof<T>(), rectify);
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
