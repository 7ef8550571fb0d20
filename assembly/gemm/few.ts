/**
 * Products of few rows: all of A is one block, packed once for each cut of k, and B passes by in pieces that are used at
 * once. A product of few columns is one of few rows of its transpose, Cᵀ = Bᵀ·Aᵀ: rows of C lie in the lanes then, and
 * no column is padded.
 */
import { splat } from "../lanes/vector";
import { block, packA, packB } from "./block";
import { FEW, FEW_BYTES, FEW_NC, mostVectors } from "./blocking";
import { rowTimesMatrix } from "./gemv";
import { packPanels } from "./pack";
import { A_AT, B_AT, EDGE_AT, ROW_BYTES, SPREAD_AT, ZERO_BYTES } from "./scratch";

/** Rows of A that `column` packs side by side. */
const COLUMN_ROWS: i32 = 32;

/** Elements of each between two cuts of k: what is packed stays in the first-level cache. */
const COLUMN_K: i32 = 256;

/** Parameters as for `block` and `gemm`; m <= FEW. */
// biome-ignore format: operand by operand
export function fewRows<T extends number, V>(
  m: i32, n: i32, k: i32,
  a: usize, rsa: usize, csa: usize,
  b: usize, rsb: usize, csb: usize,
  init: usize, rsi: usize, csi: usize,
  c: usize, rsc: usize, csc: usize,
  rectify: bool, scratch: usize,
): void {
  assert(m <= FEW);
  const size = sizeof<T>();
  const most = mostVectors(m);
  const inPlace = csb === size;
  const aBlock = scratch + A_AT;
  const bPanels = scratch + B_AT;
  const cut = FEW_BYTES / <i32>size;
  let pc = 0;
  do {
    const kc = min(k - pc, cut);
    const finish = rectify && pc + kc >= k;
    packA<T, V>(m, kc, a + <usize>pc * csa, rsa, csa, aBlock);
    for (let jc = 0; jc < n; jc += FEW_NC) {
      const nc = min(n - jc, FEW_NC);
      const j = <usize>jc;
      const from = b + <usize>pc * rsb + j * csb;
      packB<T, V>(nc, kc, most, from, rsb, csb, inPlace, bPanels);
      // biome-ignore format: operand by operand
      block<T, V>(
        m, nc, kc, most,
        aBlock,
        bPanels,
        inPlace ? from : 0, rsb,
        init + j * csi, rsi, csi,
        c + j * csc, rsc, csc,
        finish, scratch + EDGE_AT,
      );
    }
    init = c;
    rsi = rsc;
    csi = csc;
    pc += cut;
  } while (pc < k);
}

/** Parameters as for `gemm`; n <= FEW, init is not 0 or csi is. */
// biome-ignore format: operand by operand
export function fewColumns<T extends number, V>(
  m: i32, n: i32, k: i32,
  a: usize, rsa: usize, csa: usize,
  b: usize, rsb: usize, csb: usize,
  init: usize, rsi: usize, csi: usize,
  c: usize, rsc: usize,
  rectify: bool, scratch: usize,
): void {
  const size = sizeof<T>();
  if (rsi === 0 && csi !== 0) {
    // A bias: each number of it fills the vectors of a row.
    init = spread<T, V>(n, init, scratch);
    csi = ROW_BYTES;
  }
  if (n === 1 && rsc === size && (rsi === 0 || rsi === size)) {
    column<T, V>(m, k, a, rsa, csa, b, rsb, init, rsi, c, rectify, scratch);
    return;
  }
  fewRows<T, V>(n, m, k, b, csb, rsb, a, csa, rsa, init, csi, rsi, c, size, rsc, rectify, scratch);
}

/** `n` numbers as rows of a tile's starting values, and for a single one more: those of `rowTimesMatrix`. */
function spread<T extends number, V>(n: i32, from: usize, scratch: usize): usize {
  const start = scratch + SPREAD_AT;
  const bytes = n === 1 ? ZERO_BYTES : ROW_BYTES;
  let to = start;
  for (; n > 0; n--) {
    const value = splat<T, V>(load<T>(from));
    for (const end = to + bytes; to < end; to += sizeof<V>()) store<V>(to, value);
    from += sizeof<T>();
  }
  return start;
}

/** A times one column: panels of A's rows, side by side, are a matrix that a row is multiplied with. */
// biome-ignore format: operand by operand
function column<T extends number, V>(
  m: i32, k: i32,
  a: usize, rsa: usize, csa: usize,
  b: usize, rsb: usize,
  init: usize, rsi: usize,
  c: usize,
  rectify: bool, scratch: usize,
): void {
  const size = sizeof<T>();
  if (rsa === size) {
    rowTimesMatrix<T, V>(m, k, b, rsb, a, csa, init, rsi, c, rectify);
    return;
  }
  const panel = scratch + B_AT;
  for (let i = 0; i < m; i += COLUMN_ROWS) {
    const rows = min(m - i, COLUMN_ROWS);
    const at = <usize>i * size;
    let from = init + <usize>i * rsi;
    let step = rsi;
    let pc = 0;
    do {
      const kc = min(k - pc, COLUMN_K);
      const p = <usize>pc;
      packPanels<T, V>(1, COLUMN_ROWS, rows, kc, a + <usize>i * rsa + p * csa, rsa, csa, panel);
      rowTimesMatrix<T, V>(rows, kc, b + p * rsb, rsb, panel, <usize>COLUMN_ROWS * size, from, step, c + at, rectify && pc + kc >= k);
      from = c + at;
      step = size;
      pc += COLUMN_K;
    } while (pc < k);
  }
}
