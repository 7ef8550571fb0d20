/**
 * Loops 2 and 1 around the micro-kernel: what one packed block of A gives with one packed panel of B. Nothing is shared
 * but what is read, so blocks of rows, or of columns, can be computed at the same time.
 */

import { Count1, Count2, Count3, Count4, Count5, Count6 } from "../lanes/count";
import { lanes } from "../lanes/vector";
import { HALF_TILES, MR, NR, NV, ODD_TILES, tileRows } from "./blocking";
import { tile } from "./microkernel";

/** Columns of a tile, half a tile's or a whole one's, that `columns` of C take up. */
export function tileColumns<T extends number, V>(columns: i32): i32 {
  const half = HALF_TILES ? NR<T, V>() / 2 : NR<T, V>();
  return (columns + half - 1) & -half;
}

/**
 *     C = act( init + A·B ),   C m x n,  A m x k,  B k x n,   m <= MC,  n <= NC,  k <= KC
 *
 * @param a A packed, in panels of `tileRows` rows
 * @param panels B packed, in panels of NR columns, the last of `tileColumns`
 * @param b B where it lies, rows `rsb` bytes apart, or 0: a tile reads it there unless its columns are ragged
 * @param init read at `init + i·rsi + j·csi`
 * @param edge room for a tile
 */
// biome-ignore format: operand by operand
export function block<T extends number, V>(
  m: i32, n: i32, k: i32,
  a: usize,
  panels: usize,
  b: usize, rsb: usize,
  init: usize, rsi: usize, csi: usize,
  c: usize, rsc: usize,
  rectify: bool, edge: usize,
): void {
  const size = sizeof<T>();
  const nr = NR<T, V>();
  const edgeStep = <usize>nr * size;

  // LOOP 2: the columns of the block, a tile's width at a time.
  for (let j = 0; j < n; j += nr) {
    const columns = min(n - j, nr);
    const width = tileColumns<T, V>(columns);
    const vectors = width / lanes<T, V>();
    const ragged = width > columns;
    const inPlace = b !== 0 && !ragged;
    const bTile = inPlace ? b + <usize>j * size : panels + <usize>(j * k) * size;
    const bStep = inPlace ? rsb : <usize>width * size;

    // LOOP 1: the rows of the block, a tile's height at a time.
    for (let i = 0; i < m; ) {
      const rows = tileRows(m - i);
      const aTile = a + <usize>(i * k) * size;
      const aStep = <usize>rows * size;
      const from = init + <usize>i * rsi + <usize>j * csi;
      const to = c + <usize>i * rsc + <usize>j * size;
      if (ragged) {
        copyEdge<T>(rows, columns, from, rsi, edge, edgeStep);
        tileOf<T, V>(rows, vectors, k, aTile, aStep, bTile, bStep, edge, edgeStep, edge, edgeStep, rectify);
        copyEdge<T>(rows, columns, edge, edgeStep, to, rsc);
      } else {
        tileOf<T, V>(rows, vectors, k, aTile, aStep, bTile, bStep, from, rsi, to, rsc, rectify);
      }
      i += rows;
    }
  }
}

/** Calls the micro-kernel compiled for this many rows and vectors. Steps in bytes. */
// biome-ignore format: operand by operand
function tileOf<T extends number, V>(
  rows: i32, vectors: i32, k: i32,
  a: usize, aStep: usize,
  b: usize, bStep: usize,
  init: usize, initStep: usize,
  c: usize, cStep: usize,
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

// biome-ignore format: operand by operand
function tileOfWidth<T extends number, V, N>(
  rows: i32, k: i32,
  a: usize, aStep: usize,
  b: usize, bStep: usize,
  init: usize, initStep: usize,
  c: usize, cStep: usize,
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
// biome-ignore format: operand by operand
function copyEdge<T extends number>(
  rows: i32, columns: i32,
  from: usize, fromStep: usize,
  to: usize, toStep: usize,
): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < <usize>columns * sizeof<T>(); j += sizeof<T>()) store<T>(to + j, load<T>(from + j));
    from += fromStep;
    to += toStep;
  }
}
