/**
 * The product, blocked in five loops around the micro-kernel (the "macro-kernel").
 *
 *     C = act( init + A·B ),   C m x n,  A m x k,  B k x n
 *
 * Each operand has a row and a column stride, in bytes: a transpose is a swap of the two, so X·W, dY·Wᵀ and Xᵀ·dY are
 * one driver. C is row-major. Every element is summed over p = 0, 1, … k-1 in this order, starting from its `init`,
 * whatever the path (but for one row times a transposed B, see dot.ts): the bits of a row do not depend on the others.
 */
import {
  DIRECT_ROWS,
  DIRECT_ROWS_NARROW,
  HALF_TILES,
  KC,
  MC,
  MR,
  NARROW_BYTES,
  NC,
  NR,
  NV,
  ODD_TILES,
  PACK_PANELS,
  tileRows,
  tilesAlike,
} from "./blocking";
import { Count1, Count2, Count3, Count4, Count5, Count6 } from "./count";
import { rowTimesTransposed } from "./dot";
import { rowTimesMatrix } from "./gemv";
import { tile } from "./microkernel";
import { outerProduct } from "./outer";
import { packPanels } from "./pack";
import { A_AT, B_AT, EDGE_AT, zeroRow } from "./scratch";
import { lanes } from "./vector";

/** Calls the micro-kernel compiled for this many rows and vectors. Steps in bytes. */
function tileOf<T extends number, V>(
  rows: i32,
  vectors: i32,
  k: i32,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  rectify: bool,
): void {
  if (NV > 2) {
    if (vectors === 2) tileOfWidth<T, V, Count2>(rows, k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
    else tileOfWidth<T, V, Count4>(rows, k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
  } else {
    if (HALF_TILES && vectors === 1)
      tileOfWidth<T, V, Count1>(rows, k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
    else tileOfWidth<T, V, Count2>(rows, k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
  }
}

function tileOfWidth<T extends number, V, N>(
  rows: i32,
  k: i32,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  rectify: bool,
): void {
  if (MR > 5 && rows === 6) tile<T, V, Count6, N>(k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
  else if (ODD_TILES && MR > 4 && rows === 5)
    tile<T, V, Count5, N>(k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
  else if (rows === 4) tile<T, V, Count4, N>(k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
  else if (ODD_TILES && rows === 3) tile<T, V, Count3, N>(k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
  else if (rows === 2) tile<T, V, Count2, N>(k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
  else tile<T, V, Count1, N>(k, a, aStep, b, bStep, init, initStep, c, cStep, rectify);
}

/** `rows` x `columns` elements from one place to another, element by element: the ragged right edge of C. */
function copyEdge<T extends number>(
  rows: i32,
  columns: i32,
  from: usize,
  fromStep: usize,
  to: usize,
  toStep: usize,
): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < <usize>columns * sizeof<T>(); j += sizeof<T>()) store<T>(to + j, load<T>(from + j));
    from += fromStep;
    to += toStep;
  }
}

/**
 * @param init where C starts, read at `init + i·rsi + j·sizeof<T>()`: a bias row (rsi = 0), C itself, or 0 for zeros
 * @param rectify whether the activation is max(0, x) or none
 * @param scratch SCRATCH_BYTES bytes, 16-byte aligned, of any content
 */
export function gemm<T extends number, V>(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  rsa: usize,
  csa: usize,
  b: usize,
  rsb: usize,
  csb: usize,
  init: usize,
  rsi: usize,
  c: usize,
  rsc: usize,
  rectify: bool,
  scratch: usize,
): void {
  const size = sizeof<T>();
  assert(m >= 0 && n >= 0 && k >= 0);
  assert((scratch & 15) === 0 && ((a | b | init | c) & (size - 1)) === 0);
  if (m === 0 || n === 0) return;
  const nr = NR<T, V>();
  const half = HALF_TILES ? nr / 2 : nr; // a tile is full or half as wide
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

  const directB = csb === size && m <= (rsb <= NARROW_BYTES ? DIRECT_ROWS_NARROW : DIRECT_ROWS);
  const edge = scratch + EDGE_AT;
  const aBlock = scratch + A_AT;
  const bPanel = scratch + B_AT;

  // LOOP 5: the columns of C and B, NC at a time.
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(n - jc, NC);

    // LOOP 4: the common dimension, KC at a time; once for k = 0, so that C gets its starting value.
    let pc = 0;
    do {
      const kc = min(k - pc, KC);
      const first = pc === 0;
      const finish = rectify && pc + kc >= k;
      const start = first ? init : c;
      const startStep = first ? rsi : rsc;
      const startColumn = first ? csi : size;
      const bBlock = b + <usize>pc * rsb + <usize>jc * csb;
      const panelBytes = <usize>kc * size; // of a panel one element wide
      for (let jr = 0; jr < nc; ) {
        const columns = min(nc - jr, nr);
        const panels = max(1, min((nc - jr) / nr, PACK_PANELS));
        const width = (columns + half - 1) & -half;
        if (!directB || width > columns) {
          const from = bBlock + <usize>jr * csb;
          packPanels<T, V>(panels, width, columns, kc, from, csb, rsb, bPanel + <usize>jr * panelBytes);
        }
        jr += panels * nr;
      }

      // LOOP 3: the rows of C and A, MC at a time.
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(m - ic, MC);
        const aFrom = a + <usize>ic * rsa + <usize>pc * csa;
        for (let ir = 0; ir < mc; ) {
          const rows = tileRows(mc - ir);
          const panels = min(tilesAlike(mc - ir), PACK_PANELS);
          packPanels<T, V>(panels, rows, rows, kc, aFrom + <usize>ir * rsa, rsa, csa, aBlock + <usize>ir * panelBytes);
          ir += panels * rows;
        }

        // LOOP 2: the columns of the block, a tile's width at a time.
        for (let jr = 0; jr < nc; jr += nr) {
          const columns = min(nc - jr, nr);
          const width = (columns + half - 1) & -half;
          const vectors = width / lanes<T, V>();
          const ragged = width > columns;
          const inPlace = directB && !ragged;
          const bTile = inPlace ? bBlock + <usize>jr * size : bPanel + <usize>jr * panelBytes;
          const bStep = inPlace ? rsb : <usize>width * size;
          const j = <usize>(jc + jr);

          // LOOP 1: the rows of the block, a tile's height at a time.
          for (let ir = 0; ir < mc; ) {
            const rows = tileRows(mc - ir);
            const i = <usize>(ic + ir);
            const aTile = aBlock + <usize>ir * panelBytes;
            const aStep = <usize>rows * size;
            const from = start + i * startStep + j * startColumn;
            const to = c + i * rsc + j * size;
            if (ragged) {
              const edgeStep = <usize>nr * size;
              copyEdge<T>(rows, columns, from, startStep, edge, edgeStep);
              tileOf<T, V>(rows, vectors, kc, aTile, aStep, bTile, bStep, edge, edgeStep, edge, edgeStep, finish);
              copyEdge<T>(rows, columns, edge, edgeStep, to, rsc);
            } else {
              tileOf<T, V>(rows, vectors, kc, aTile, aStep, bTile, bStep, from, startStep, to, rsc, finish);
            }
            ir += rows;
          }
        }
      }
      pc += KC;
    } while (pc < k);
  }
}
