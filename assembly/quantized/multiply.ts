/**
 * The product of quantized rows and weights, as floats:
 *
 *     y[i][j] = act( float(Σ_p q[i][p]·ŵ[p][j] - zero[i]·Σ_p ŵ[p][j])·(scale[i]·scale[j]) + b[j] )
 *
 * The sums are exact integers, and nothing after them is fused: every build and machine gives the same bits.
 */
import { MR, ODD_TILES, tileRows } from "../gemm/blocking";
import { plus, times } from "../lanes/arithmetic";
import { Count1, Count2, Count3, Count4, Count5, Count6 } from "../lanes/count";
import { centredSums, loadIntegers, STEP_BYTES } from "../lanes/integer";
import { activationFloor, atLeast, lanes, splat } from "../lanes/vector";
import { RANGE_BYTES, stepsOf } from "./inputs";
import { sumRow, sumTile } from "./tile";
import { biasesAt, panelBytes, panelsOf, scalesAt, stepsAt, tileColumns } from "./weights";

/** Panels that `sumRow` takes at most. */
const PANELS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : ASC_FEATURE_SIMD ? 4 : 2;

/** Bytes of the sums of one tile, or of one row's panels. */
export const SCRATCH_BYTES: usize = 256;

/**
 * @param x the panels of m quantized rows, each with its range at `ranges`
 * @param w the panels of the weights
 * @param y m x n float32
 */
export function multiply<V, F>(
  m: i32,
  n: i32,
  k: i32,
  x: usize,
  ranges: usize,
  w: usize,
  y: usize,
  rectify: bool,
  scratch: usize,
): void {
  if (m === 1) {
    multiplyRow<V, F>(n, k, x, ranges, w, y, rectify, scratch);
    return;
  }
  const steps = stepsOf(k);
  const rsy = <usize>n * sizeof<f32>();
  const columns = tileColumns<V>();
  for (let j = 0; j < n; j += columns) {
    const used = min(columns, n - j);
    let xPanel = x;
    for (let i = 0; i < m; ) {
      const rows = tileRows(m - i);
      sumTileOf<V>(rows, steps, xPanel, w + stepsAt<V>(), scratch);
      const to = y + <usize>i * rsy + <usize>j * sizeof<f32>();
      const range = ranges + <usize>i * RANGE_BYTES;
      dequantize<V, F>(rows, used, scratch, range, w, to, rsy, rectify);
      xPanel += <usize>(rows * steps) * STEP_BYTES;
      i += rows;
    }
    w += panelBytes<V>(k);
  }
}

/** One row: its panels of weights are taken in even groups. */
function multiplyRow<V, F>(
  n: i32,
  k: i32,
  x: usize,
  range: usize,
  w: usize,
  y: usize,
  rectify: bool,
  scratch: usize,
): void {
  const columns = tileColumns<V>();
  const bytes = panelBytes<V>(k);
  let panels = panelsOf<V>(n);
  let left = n;
  for (let groups = (panels + PANELS - 1) / PANELS; groups > 0; groups--) {
    const take = (panels + groups - 1) / groups;
    sumRowOf<V>(take, stepsOf(k), x, w + stepsAt<V>(), bytes, scratch);
    let sums = scratch;
    for (let panel = 0; panel < take; panel++) {
      dequantize<V, F>(1, min(columns, left), sums, range, w, y, 0, rectify);
      sums += <usize>columns * 4;
      y += <usize>columns * sizeof<f32>();
      w += bytes;
      left -= columns;
    }
    panels -= take;
  }
}

/** The outputs of `rows` rows in the first `used` columns of a panel. */
function dequantize<V, F>(
  rows: i32,
  used: i32,
  sums: usize,
  ranges: usize,
  panel: usize,
  y: usize,
  rsy: usize,
  rectify: bool,
): void {
  for (; used >= lanes<f32, F>(); used -= lanes<f32, F>()) {
    dequantizeColumns<V, F>(rows, sums, ranges, panel, y, rsy, rectify);
    sums += sizeof<F>();
    panel += sizeof<F>();
    y += sizeof<F>();
  }
  if (!isVector<F>()) return;
  for (; used > 0; used--) {
    dequantizeColumns<V, f32>(rows, sums, ranges, panel, y, rsy, rectify);
    sums += sizeof<f32>();
    panel += sizeof<f32>();
    y += sizeof<f32>();
  }
}

/** The columns of an F. `panel` is theirs: the parts of a panel are as far from each other in every column. */
function dequantizeColumns<V, F>(
  rows: i32,
  sums: usize,
  ranges: usize,
  panel: usize,
  y: usize,
  rsy: usize,
  rectify: bool,
): void {
  const columnSums = loadIntegers<F>(panel);
  const scales = load<F>(panel + scalesAt<V>());
  const biases = load<F>(panel + biasesAt<V>());
  const floor = activationFloor<f32, F>(rectify);
  for (; rows > 0; rows--) {
    const factors = times<f32, F>(splat<f32, F>(load<f32>(ranges)), scales);
    const centred = centredSums<F>(loadIntegers<F>(sums), load<i32>(ranges, 4), columnSums);
    store<F>(y, atLeast<f32, F>(plus<f32, F>(times<f32, F>(centred, factors), biases), floor));
    sums += <usize>tileColumns<V>() * sizeof<i32>();
    ranges += RANGE_BYTES;
    y += rsy;
  }
}

function sumTileOf<V>(rows: i32, steps: i32, x: usize, w: usize, sums: usize): void {
  if (MR === 6 && rows === 6) sumTile<V, Count6>(steps, x, w, sums);
  else if (MR === 6 && ODD_TILES && rows === 5) sumTile<V, Count5>(steps, x, w, sums);
  else if (rows === 4) sumTile<V, Count4>(steps, x, w, sums);
  else if (ODD_TILES && rows === 3) sumTile<V, Count3>(steps, x, w, sums);
  else if (rows === 2) sumTile<V, Count2>(steps, x, w, sums);
  else sumTile<V, Count1>(steps, x, w, sums);
}

function sumRowOf<V>(panels: i32, steps: i32, x: usize, w: usize, bytes: usize, sums: usize): void {
  if (PANELS > 5 && panels === 6) sumRow<V, Count6>(steps, x, w, bytes, sums);
  else if (PANELS > 4 && panels === 5) sumRow<V, Count5>(steps, x, w, bytes, sums);
  else if (PANELS > 3 && panels === 4) sumRow<V, Count4>(steps, x, w, bytes, sums);
  else if (PANELS > 2 && panels === 3) sumRow<V, Count3>(steps, x, w, bytes, sums);
  else if (panels === 2) sumRow<V, Count2>(steps, x, w, bytes, sums);
  else sumRow<V, Count1>(steps, x, w, bytes, sums);
}
