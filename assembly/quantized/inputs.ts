/**
 * Inputs as integers of seven bits, each row by its own range:
 *
 *     x[i][p] ≈ scale[i]·(q[i][p] - zero[i]),   q in 0 … 127,   scale = (max(x, 0) - min(x, 0)) / 127
 *
 * The range has 0 in it, so that `zero` is in 0 … 127 too and a zero stays a zero. Rows lie as the tiles read them: panels
 * of as many rows as a tile has, one step of all of them after the other.
 *
 *     rows (m x k)              panel            p = 0 … STEP-1   STEP … 2·STEP-1
 *     ┌ · · · · · ·  → p        row 0, 1, … R-1 │ 0 1 … R-1      │ 0 1 … R-1      │ …
 */
import { tileRows } from "../gemm/blocking";
import { atMost } from "../lanes/arithmetic";
import { BLOCK, highestLane, lowestLane, STEP, STEP_BYTES, storeBlocks, storeOne, storeZero } from "../lanes/integer";
import { atLeast, lanes, splat } from "../lanes/vector";

/** Bytes of what is known of a row: its scale, a float32, and its zero, an int32. */
export const RANGE_BYTES: usize = 8;

/** The smallest scale, so that its inverse is finite: it bounds the error of rows of nothing but tiny numbers, or zeros. */
const LEAST_SCALE: f32 = reinterpret<f32>(0x03800000); // 2⁻¹²⁰

/** Steps of k products; the last is filled up with zeros. */
export function stepsOf(k: i32): i32 {
  return (k + STEP - 1) / STEP;
}

/** m rows of k inputs, one after the other, at `x`. A row with a NaN or an infinity gets the scale NaN. */
export function quantizeRows<V>(m: i32, k: i32, x: usize, panels: usize, ranges: usize): void {
  const steps = <usize>stepsOf(k);
  for (let i = 0; i < m; ) {
    const rows = tileRows(m - i);
    const stepBytes = <usize>rows * STEP_BYTES;
    for (let row: usize = 0; row < <usize>rows; row++) {
      quantizeRow<V>(k, x, panels + row * STEP_BYTES, stepBytes, ranges);
      x += <usize>k * sizeof<f32>();
      ranges += RANGE_BYTES;
    }
    panels += steps * stepBytes;
    i += rows;
  }
}

function quantizeRow<V>(k: i32, x: usize, to: usize, stepBytes: usize, range: usize): void {
  findRange<V>(k, x, range);
  const lowest = load<f32>(range);
  const scale = max<f32>(load<f32>(range, 4) / 127 - lowest / 127, LEAST_SCALE);
  const finite = scale < Infinity;
  const inverse: f32 = finite ? 1 / scale : 0;
  const zero = finite ? <i32>nearest<f32>(-lowest * inverse) : 0;

  const blocks = k / BLOCK;
  let p = blocks * BLOCK;
  let seen = storeBlocks(blocks, x, inverse, zero, to, stepBytes);
  for (; p < k; p++) {
    seen |= storeOne(x + <usize>p * sizeof<f32>(), inverse, zero, to + <usize>(p / STEP) * stepBytes, p % STEP);
  }
  for (; p % STEP !== 0; p++) storeZero(to + <usize>(p / STEP) * stepBytes, p % STEP);
  store<f32>(range, finite && <u32>seen < 256 ? scale : NaN);
  store<i32>(range, zero, 4);
}

/** Stores min(0, x) and max(0, x) at `range`; a NaN counts or not. */
function findRange<V>(k: i32, x: usize, range: usize): void {
  let low = splat<f32, V>(0);
  let high = splat<f32, V>(0);
  const four = 4 * lanes<f32, V>();
  for (; k >= four; k -= four) {
    const x0 = load<V>(x);
    const x1 = load<V>(x, sizeof<V>());
    const x2 = load<V>(x, 2 * sizeof<V>());
    const x3 = load<V>(x, 3 * sizeof<V>());
    low = atMost<f32, V>(low, atMost<f32, V>(atMost<f32, V>(x0, x1), atMost<f32, V>(x2, x3)));
    high = atLeast<f32, V>(high, atLeast<f32, V>(atLeast<f32, V>(x0, x1), atLeast<f32, V>(x2, x3)));
    x += 4 * sizeof<V>();
  }
  let lowest = lowestLane<V>(low);
  let highest = highestLane<V>(high);
  for (; k > 0; k--) {
    const each = load<f32>(x);
    lowest = each < lowest ? each : lowest;
    highest = each > highest ? each : highest;
    x += sizeof<f32>();
  }
  store<f32>(range, lowest);
  store<f32>(range, highest, 4);
}
