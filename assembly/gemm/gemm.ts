/**
 * The product, blocked in five loops around the micro-kernel (the "macro-kernel"): here the outer three, which pack.
 *
 *     C = act( init + A·B ),     C m x n,  A m x k,  B k x n
 *
 * Each operand has a row and a column stride, in bytes: a transpose is a swap of the two, so X·W, dY·Wᵀ and Xᵀ·dY are
 * one driver. C is row-major. Every element is summed over p = 0, 1, … k-1 in this order, starting from its `init`,
 * whatever the path (but for one row times a transposed B, see dot.ts): the bits of a row do not depend on the others.
 */
import { block, packA, packB } from "./block";
import {
  asStrip,
  DIRECT_ROWS,
  DIRECT_ROWS_NARROW,
  FEW,
  fewAlong,
  KC,
  MC,
  NARROW_BYTES,
  NC,
  NV,
  ODD_TILES,
  STRIP,
} from "./blocking";
import { rowTimesTransposed } from "./dot";
import { fewColumns, fewRows } from "./few";
import { rowTimesMatrix } from "./gemv";
import { outerProduct } from "./outer";
import { A_AT, B_AT, EDGE_AT, zeroRow } from "./scratch";
import { strip } from "./strip";

/**
 * @param init where C starts, read at `init + i·rsi + j·sizeof<T>()`: a bias row (rsi = 0), C itself, or 0 for zeros
 * @param rectify whether the activation is max(0, x) or none
 * @param scratch SCRATCH_BYTES bytes, 16-byte aligned, of any content
 */
// biome-ignore format: operand by operand
export function gemm<T extends number, V>(
  m: i32, n: i32, k: i32,
  a: usize, rsa: usize, csa: usize,
  b: usize, rsb: usize, csb: usize,
  init: usize, rsi: usize,
  c: usize, rsc: usize,
  rectify: bool, scratch: usize,
): void {
  const size = sizeof<T>();
  assert(m >= 0 && n >= 0 && k >= 0);
  assert((scratch & 15) === 0 && ((a | b | init | c) & (size - 1)) === 0);
  if (m === 0 || n === 0) return;
  let csi: usize = size;
  if (init === 0) {
    init = zeroRow(scratch);
    rsi = 0;
    csi = 0;
  }
  if (m === 1 && csb === size) {
    rowTimesMatrix<T, V>(n, k, a, csa, b, rsb, init, csi, c, rectify);
    return;
  }
  if (m === 1 && rsb === size && csa === size) {
    rowTimesTransposed<T, V>(n, k, a, b, csb, init, csi, c, rectify);
    return;
  }
  if (ASC_FEATURE_SIMD && k === 1 && csb === size) {
    outerProduct<T, V>(m, n, a, rsa, b, init, rsi, csi, c, rsc, rectify);
    return;
  }
  // The last of several strips overlaps the one before, which must not have changed what it starts from.
  if (csa === size && csb === size && asStrip<T, V>(m, n, k) && (n <= STRIP || init !== c)) {
    const width = min(n, STRIP);
    for (let j = 0; j < n; j += width) {
      const at = <usize>min(j, n - width) * size;
      // biome-ignore format: operand by operand
      strip<T, V>(
        m, k,
        a, rsa,
        b + at, rsb, <usize>width * size - sizeof<V>(),
        init + (csi ? at : 0), rsi,
        c + at, rsc,
        rectify,
      );
    }
    return;
  }
  if (m > n && n <= (rsa === size ? FEW : fewAlong<T, V>(n))) {
    fewColumns<T, V>(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, csi, c, rsc, rectify, scratch);
    return;
  }
  if (ODD_TILES && m <= 3) {
    fewRows<T, V>(m, n, k, a, rsa, csa, b, rsb, csb, init, rsi, csi, c, rsc, size, rectify, scratch);
    return;
  }

  const directB = csb === size && m <= (rsb <= NARROW_BYTES ? DIRECT_ROWS_NARROW : DIRECT_ROWS);
  const edge = scratch + EDGE_AT;
  const aBlock = scratch + A_AT;
  const bPanels = scratch + B_AT;

  // LOOP 5: the columns of C and B, NC at a time.
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(n - jc, NC);
    const cBlock = c + <usize>jc * size;

    // LOOP 4: the common dimension, KC at a time; once for k = 0, so that C gets its starting value.
    let pc = 0;
    do {
      const kc = min(k - pc, KC<T>());
      const first = pc === 0;
      const finish = rectify && pc + kc >= k;
      const start = first ? init + <usize>jc * csi : cBlock;
      const startStep = first ? rsi : rsc;
      const startColumn = first ? csi : size;
      const bBlock = b + <usize>pc * rsb + <usize>jc * csb;
      packB<T, V>(nc, kc, NV, bBlock, rsb, csb, directB, bPanels);
      const inPlace = directB ? bBlock : 0;

      // LOOP 3: the rows of C and A, MC at a time.
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(m - ic, MC);
        const i = <usize>ic;
        packA<T, V>(mc, kc, a + i * rsa + <usize>pc * csa, rsa, csa, aBlock);
        // biome-ignore format: operand by operand
        block<T, V>(
          mc, nc, kc, NV,
          aBlock,
          bPanels,
          inPlace, rsb,
          start + i * startStep, startStep, startColumn,
          cBlock + i * rsc, rsc, size,
          finish, edge,
        );
      }
      pc += KC<T>();
    } while (pc < k);
  }
}
