/**
 * One row of A: nothing is packed, since every element of B is used once. B streams past in the order it lies.
 *
 *     c[j] = act( init[j] + Σ_p a[p]·B[p][j] ),   p = 0, 1, … k-1 in this order
 */
import { Count0, Count1, Count2, Count3, Count4, Count5, Count6, Count7, Count8, count } from "../lanes/count";
import { activationFloor, atLeast, lanes, loadSplat, madd, splat } from "../lanes/vector";

/** The most vectors of c that `stream` keeps in registers. */
const WIDTH: i32 = ASC_FEATURE_SIMD ? 8 : 2;

/**
 * Bytes of B that the sweeps over it take one after the other, where it takes more than one: lines that two of them share
 * are read from the first-level cache then. Relaxed, Node 24, Sapphire Rapids: 1×784×50 1.08, 1×512×512 1.16.
 */
const SWEEP_BYTES: usize = 32768;

/**
 * N vectors of c stay in registers while the rows of B pass by. The last vector lies `last` bytes after the first: where
 * the width is no multiple of a vector it overlaps its neighbour, and both compute the same bits for what they share.
 *
 *     b  ┌ 0 ┬ 1 ┬ … ┬N-2┐         k rows, bStep apart
 *        └───┴───┴───┴─┬N-1┐       all of init is loaded before any of c is stored, so init may be c
 *                      └───┘
 */
// biome-ignore format: operand by operand
function stream<T extends number, V, N>(
  k: i32,
  a: usize, aStep: usize,
  b: usize, bStep: usize, last: usize,
  init: usize,
  c: usize,
  rectify: bool,
): void {
  const zero = splat<T, V>(<T>0);
  let end = load<V>(init + last);
  let c0 = count<N>() > 1 ? load<V>(init, 0 * sizeof<V>()) : zero;
  let c1 = count<N>() > 2 ? load<V>(init, 1 * sizeof<V>()) : zero;
  let c2 = count<N>() > 3 ? load<V>(init, 2 * sizeof<V>()) : zero;
  let c3 = count<N>() > 4 ? load<V>(init, 3 * sizeof<V>()) : zero;
  let c4 = count<N>() > 5 ? load<V>(init, 4 * sizeof<V>()) : zero;
  let c5 = count<N>() > 6 ? load<V>(init, 5 * sizeof<V>()) : zero;
  let c6 = count<N>() > 7 ? load<V>(init, 6 * sizeof<V>()) : zero;
  for (; k > 0; k--) {
    const ap = loadSplat<T, V, Count0>(a);
    if (count<N>() > 1) c0 = madd<T, V>(ap, load<V>(b, 0 * sizeof<V>()), c0);
    if (count<N>() > 2) c1 = madd<T, V>(ap, load<V>(b, 1 * sizeof<V>()), c1);
    if (count<N>() > 3) c2 = madd<T, V>(ap, load<V>(b, 2 * sizeof<V>()), c2);
    if (count<N>() > 4) c3 = madd<T, V>(ap, load<V>(b, 3 * sizeof<V>()), c3);
    if (count<N>() > 5) c4 = madd<T, V>(ap, load<V>(b, 4 * sizeof<V>()), c4);
    if (count<N>() > 6) c5 = madd<T, V>(ap, load<V>(b, 5 * sizeof<V>()), c5);
    if (count<N>() > 7) c6 = madd<T, V>(ap, load<V>(b, 6 * sizeof<V>()), c6);
    end = madd<T, V>(ap, load<V>(b + last), end);
    a += aStep;
    b += bStep;
  }
  const floor = activationFloor<T, V>(rectify);
  if (count<N>() > 1) store<V>(c, atLeast<T, V>(c0, floor), 0 * sizeof<V>());
  if (count<N>() > 2) store<V>(c, atLeast<T, V>(c1, floor), 1 * sizeof<V>());
  if (count<N>() > 3) store<V>(c, atLeast<T, V>(c2, floor), 2 * sizeof<V>());
  if (count<N>() > 4) store<V>(c, atLeast<T, V>(c3, floor), 3 * sizeof<V>());
  if (count<N>() > 5) store<V>(c, atLeast<T, V>(c4, floor), 4 * sizeof<V>());
  if (count<N>() > 6) store<V>(c, atLeast<T, V>(c5, floor), 5 * sizeof<V>());
  if (count<N>() > 7) store<V>(c, atLeast<T, V>(c6, floor), 6 * sizeof<V>());
  store<V>(c + last, atLeast<T, V>(end, floor));
}

/**
 * Row times matrix, B row-major with rows `rsb` bytes apart: `n` columns, taken in even blocks of up to WIDTH vectors.
 *
 * @param csi bytes from one starting value to the next: the size of an element, or 0 where `init` is WIDTH vectors of zeros
 */
// biome-ignore format: operand by operand
export function rowTimesMatrix<T extends number, V>(
  n: i32, k: i32,
  a: usize, csa: usize,
  b: usize, rsb: usize,
  init: usize, csi: usize,
  c: usize,
  rectify: bool,
): void {
  // Where one sweep does not take all columns, the next finds the cache lines that it shares with it still there.
  const cut = ASC_FEATURE_SIMD && n > WIDTH * lanes<T, V>() ? max<i32>(<i32>(SWEEP_BYTES / rsb), 32) : k;
  while (k > cut) {
    sweeps<T, V>(n, cut, a, csa, b, rsb, init, csi, c, false);
    init = c;
    csi = sizeof<T>();
    a += <usize>cut * csa;
    b += <usize>cut * rsb;
    k -= cut;
  }
  sweeps<T, V>(n, k, a, csa, b, rsb, init, csi, c, rectify);
}

// biome-ignore format: operand by operand
function sweeps<T extends number, V>(
  n: i32, k: i32,
  a: usize, csa: usize,
  b: usize, rsb: usize,
  init: usize, csi: usize,
  c: usize,
  rectify: bool,
): void {
  if (n < lanes<T, V>()) {
    for (let j: usize = 0; j < <usize>n; j++) {
      const at = j * sizeof<T>();
      stream<T, T, Count1>(k, a, csa, b + at, rsb, 0, init + j * csi, c + at, rectify);
    }
    return;
  }
  let vectors = (n + lanes<T, V>() - 1) / lanes<T, V>();
  let blocks = (vectors + WIDTH - 1) / WIDTH;
  let left = <usize>n * sizeof<T>();
  while (blocks > 0) {
    const take = (vectors + blocks - 1) / blocks;
    const width = min<usize>(<usize>take * sizeof<V>(), left);
    const last = width - sizeof<V>();
    if (take === 1) stream<T, V, Count1>(k, a, csa, b, rsb, last, init, c, rectify);
    else if (WIDTH === 2 || take === 2) stream<T, V, Count2>(k, a, csa, b, rsb, last, init, c, rectify);
    else if (take === 3) stream<T, V, Count3>(k, a, csa, b, rsb, last, init, c, rectify);
    else if (take === 4) stream<T, V, Count4>(k, a, csa, b, rsb, last, init, c, rectify);
    else if (take === 5) stream<T, V, Count5>(k, a, csa, b, rsb, last, init, c, rectify);
    else if (take === 6) stream<T, V, Count6>(k, a, csa, b, rsb, last, init, c, rectify);
    else if (take === 7) stream<T, V, Count7>(k, a, csa, b, rsb, last, init, c, rectify);
    else stream<T, V, Count8>(k, a, csa, b, rsb, last, init, c, rectify);
    b += width;
    if (csi !== 0) init += width;
    c += width;
    left -= width;
    vectors -= take;
    blocks--;
  }
}
