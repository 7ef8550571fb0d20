/**
 * Loops 2 and 1 around the micro-kernel: what one packed block of A gives with one packed panel of B. Nothing is shared
 * but what is read, so blocks of rows, or of columns, can be computed at the same time.
 */
import { Count1, Count2, Count3, Count4, Count5, Count6 } from "../lanes/count";
import { lanes } from "../lanes/vector";
import {
  HALF_TILES,
  MR,
  NV,
  ODD_TILES,
  PACK_PANELS,
  TILES_AT_ONCE,
  tileRows,
  tilesAlike,
  tileVectors,
} from "./blocking";
import { tile } from "./microkernel";
import { packAlong, packPanels } from "./pack";

/** Columns of the next tile, whole vectors, when `left` remain. */
function tileColumns<T extends number, V>(left: i32, most: i32): i32 {
  return tileVectors((left + lanes<T, V>() - 1) / lanes<T, V>(), most) * lanes<T, V>();
}

/**
 *     C = act( init + A·B ),   C m x n,  A m x k,  B k x n
 *
 * One of C's strides is the size of an element: where that is `rsc`, C is written column by column.
 *
 * @param most vectors in a row of a tile
 * @param a A packed by `packA`
 * @param panels B packed by `packB`
 * @param b B where it lies, rows `rsb` bytes apart, or 0: a tile reads it there unless its columns are ragged
 * @param init read at `init + i·rsi + j·csi`; csi is 0 for what is as wide as a tile and the same for all of a row
 * @param edge room for a column of tiles
 */
// biome-ignore format: operand by operand
export function block<T extends number, V>(
  m: i32, n: i32, k: i32, most: i32,
  a: usize,
  panels: usize,
  b: usize, rsb: usize,
  init: usize, rsi: usize, csi: usize,
  c: usize, rsc: usize, csc: usize,
  rectify: bool, edge: usize,
): void {
  const size = sizeof<T>();

  // LOOP 2: the columns of the block, a tile's width at a time.
  for (let j = 0; j < n; ) {
    const width = tileColumns<T, V>(n - j, most);
    const vectors = width / lanes<T, V>();
    const columns = min(n - j, width);
    const ragged = width > columns;
    const inPlace = b !== 0 && !ragged;
    const bTile = inPlace ? b + <usize>j * size : panels + <usize>(j * k) * size;
    const bytes = <usize>width * size;
    const bStep = inPlace ? rsb : bytes;
    // Ragged columns, and columns that do not lie in a row, of C or of what it starts from, are computed beside C.
    const aside = ragged || (csc | csi) !== size; // csi may be 0
    let from = init + <usize>j * csi;
    let step = rsi;
    const to = c + <usize>j * csc;
    if (aside && csi !== 0) {
      packAlong<T, V>(columns, columns, m, from, csi, rsi, edge, bytes);
      from = edge;
      step = bytes;
    }
    const at = aside ? edge : to;
    const atStep = aside ? bytes : rsc;

    // LOOP 1: the rows of the block, tiles of the same height at a time.
    for (let i = 0; i < m; ) {
      const rows = tileRows(m - i);
      const aTile = a + <usize>(i * k) * size;
      const row = <usize>i;
      const alike = TILES_AT_ONCE && vectors === NV ? tilesAlike(m - i) : 1;
      tileOf<T, V>(rows, vectors, alike, k, aTile, bTile, bStep, from + row * step, step, at + row * atStep, atStep, rectify);
      i += alike * rows;
    }
    if (aside) {
      if (csc === size) packAlong<T, V>(columns, columns, m, edge, size, bytes, to, rsc);
      else packAlong<T, V>(m, m, columns, edge, bytes, size, to, csc);
    }
    j += width;
  }
}

/** Packs m x k of A in panels of `tileRows` rows. */
export function packA<T extends number, V>(m: i32, k: i32, a: usize, rsa: usize, csa: usize, to: usize): void {
  const rowBytes = <usize>k * sizeof<T>();
  for (let i = 0; i < m; ) {
    const rows = tileRows(m - i);
    const panels = min(tilesAlike(m - i), PACK_PANELS);
    packPanels<T, V>(panels, rows, rows, k, a + <usize>i * rsa, rsa, csa, to + <usize>i * rowBytes);
    i += panels * rows;
  }
}

/** Packs k x n of B in panels of a tile's width; where B can be read in place, only the ragged one. */
// biome-ignore format: operand by operand
export function packB<T extends number, V>(
  n: i32, k: i32, most: i32,
  b: usize, rsb: usize, csb: usize,
  inPlace: bool, to: usize,
): void {
  const columnBytes = <usize>k * sizeof<T>();
  for (let j = 0; j < n; ) {
    const width = tileColumns<T, V>(n - j, most);
    const columns = min(n - j, width);
    const alike = (n - j) / width;
    const panels = alike < 3 ? 1 : min(alike - 1, PACK_PANELS);
    if (!inPlace || width > columns) {
      packPanels<T, V>(panels, width, columns, k, b + <usize>j * csb, csb, rsb, to + <usize>j * columnBytes);
    }
    j += panels * width;
  }
}

/** Calls the micro-kernel compiled for this many rows and vectors. Steps in bytes. */
// biome-ignore format: operand by operand
function tileOf<T extends number, V>(
  rows: i32, vectors: i32, tiles: i32, k: i32,
  a: usize,
  b: usize, bStep: usize,
  init: usize, initStep: usize,
  c: usize, cStep: usize,
  rectify: bool,
): void {
  if (NV > 2) {
    if (vectors === 2) tileOfWidth<T, V, Count2>(rows, tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
    else tileOfWidth<T, V, Count4>(rows, tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
  } else {
    if (HALF_TILES && vectors === 1)
      tileOfWidth<T, V, Count1>(rows, tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
    else if (!ODD_TILES || vectors === 2)
      tileOfWidth<T, V, Count2>(rows, tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
    else if (ASC_FEATURE_RELAXED_SIMD && rows === 3) tile<T, V, Count3, Count3>(tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
    else if (vectors === 3) tile<T, V, Count2, Count3>(tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
    else tile<T, V, Count2, Count4>(tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
  }
}

// biome-ignore format: operand by operand
function tileOfWidth<T extends number, V, N>(
  rows: i32, tiles: i32, k: i32,
  a: usize,
  b: usize, bStep: usize,
  init: usize, initStep: usize,
  c: usize, cStep: usize,
  rectify: bool,
): void {
  if (MR > 5 && rows === 6) tile<T, V, Count6, N>(tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
  else if (ODD_TILES && MR > 4 && rows === 5)
    tile<T, V, Count5, N>(tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
  else if (rows === 4) tile<T, V, Count4, N>(tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
  else if (ODD_TILES && rows === 3) tile<T, V, Count3, N>(tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
  else if (rows === 2) tile<T, V, Count2, N>(tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
  else tile<T, V, Count1, N>(tiles, k, a, b, bStep, init, initStep, c, cStep, rectify);
}
