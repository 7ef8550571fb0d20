/**
 * The micro-kernel of integers: the sums of one R x 2·columns tile, held in registers from the first product to the last.
 *
 *     sums[i][j] = Σ_p q[i][p]·ŵ[p][j],   0 <= i < R,  0 <= j < 2·columns,  exact
 *
 * Its shape is that of `../microkernel.ts`, for the same reasons: per step two loads of weights, R of inputs, 2·R sums.
 */
import { Count0, Count1, Count2, Count3, Count4, Count5, count } from "../lanes/count";
import { addProducts, columnsOf, loadInputs, noProducts, STEP_BYTES, storeSums } from "../lanes/integer";

/** R is 1 to 6 rows. */
export function sumTile<V, R>(steps: i32, x: usize, w: usize, sums: usize): void {
  const none = noProducts<V>();
  let c00 = none;
  let c01 = none;
  let c10 = none;
  let c11 = none;
  let c20 = none;
  let c21 = none;
  let c30 = none;
  let c31 = none;
  let c40 = none;
  let c41 = none;
  let c50 = none;
  let c51 = none;
  for (; steps > 0; steps--) {
    const w0 = load<V>(w);
    const w1 = load<V>(w, sizeof<V>());
    const x0 = loadInputs<V, Count0>(x);
    c00 = addProducts<V>(w0, x0, c00);
    c01 = addProducts<V>(w1, x0, c01);
    if (count<R>() > 1) {
      const x1 = loadInputs<V, Count1>(x);
      c10 = addProducts<V>(w0, x1, c10);
      c11 = addProducts<V>(w1, x1, c11);
    }
    if (count<R>() > 2) {
      const x2 = loadInputs<V, Count2>(x);
      c20 = addProducts<V>(w0, x2, c20);
      c21 = addProducts<V>(w1, x2, c21);
    }
    if (count<R>() > 3) {
      const x3 = loadInputs<V, Count3>(x);
      c30 = addProducts<V>(w0, x3, c30);
      c31 = addProducts<V>(w1, x3, c31);
    }
    if (count<R>() > 4) {
      const x4 = loadInputs<V, Count4>(x);
      c40 = addProducts<V>(w0, x4, c40);
      c41 = addProducts<V>(w1, x4, c41);
    }
    if (count<R>() > 5) {
      const x5 = loadInputs<V, Count5>(x);
      c50 = addProducts<V>(w0, x5, c50);
      c51 = addProducts<V>(w1, x5, c51);
    }
    x += <usize>count<R>() * STEP_BYTES;
    w += 2 * sizeof<V>();
  }
  sums = storeRow<V>(sums, c00, c01);
  if (count<R>() > 1) sums = storeRow<V>(sums, c10, c11);
  if (count<R>() > 2) sums = storeRow<V>(sums, c20, c21);
  if (count<R>() > 3) sums = storeRow<V>(sums, c30, c31);
  if (count<R>() > 4) sums = storeRow<V>(sums, c40, c41);
  if (count<R>() > 5) sums = storeRow<V>(sums, c50, c51);
}

/** Returns where the next row goes. */
function storeRow<V>(sums: usize, first: V, second: V): usize {
  storeSums<V>(sums, first);
  storeSums<V>(sums + 4 * columnsOf<V>(), second);
  return sums + 8 * columnsOf<V>();
}

/**
 * One row of inputs, P panels of weights side by side, 1 to 6: enough sums that none waits for the one before.
 *
 * @param panel bytes from a panel to the next
 */
export function sumRow<V, P>(steps: i32, x: usize, w: usize, panel: usize, sums: usize): void {
  const none = noProducts<V>();
  let c00 = none;
  let c01 = none;
  let c10 = none;
  let c11 = none;
  let c20 = none;
  let c21 = none;
  let c30 = none;
  let c31 = none;
  let c40 = none;
  let c41 = none;
  let c50 = none;
  let c51 = none;
  let w1 = w + panel;
  let w2 = w + 2 * panel;
  let w3 = w + 3 * panel;
  let w4 = w + 4 * panel;
  let w5 = w + 5 * panel;
  for (; steps > 0; steps--) {
    const x0 = loadInputs<V, Count0>(x);
    c00 = addProducts<V>(load<V>(w), x0, c00);
    c01 = addProducts<V>(load<V>(w, sizeof<V>()), x0, c01);
    w += 2 * sizeof<V>();
    if (count<P>() > 1) {
      c10 = addProducts<V>(load<V>(w1), x0, c10);
      c11 = addProducts<V>(load<V>(w1, sizeof<V>()), x0, c11);
      w1 += 2 * sizeof<V>();
    }
    if (count<P>() > 2) {
      c20 = addProducts<V>(load<V>(w2), x0, c20);
      c21 = addProducts<V>(load<V>(w2, sizeof<V>()), x0, c21);
      w2 += 2 * sizeof<V>();
    }
    if (count<P>() > 3) {
      c30 = addProducts<V>(load<V>(w3), x0, c30);
      c31 = addProducts<V>(load<V>(w3, sizeof<V>()), x0, c31);
      w3 += 2 * sizeof<V>();
    }
    if (count<P>() > 4) {
      c40 = addProducts<V>(load<V>(w4), x0, c40);
      c41 = addProducts<V>(load<V>(w4, sizeof<V>()), x0, c41);
      w4 += 2 * sizeof<V>();
    }
    if (count<P>() > 5) {
      c50 = addProducts<V>(load<V>(w5), x0, c50);
      c51 = addProducts<V>(load<V>(w5, sizeof<V>()), x0, c51);
      w5 += 2 * sizeof<V>();
    }
    x += STEP_BYTES;
  }
  sums = storeRow<V>(sums, c00, c01);
  if (count<P>() > 1) sums = storeRow<V>(sums, c10, c11);
  if (count<P>() > 2) sums = storeRow<V>(sums, c20, c21);
  if (count<P>() > 3) sums = storeRow<V>(sums, c30, c31);
  if (count<P>() > 4) sums = storeRow<V>(sums, c40, c41);
  if (count<P>() > 5) sums = storeRow<V>(sums, c50, c51);
}
