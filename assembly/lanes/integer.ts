/**
 * Products of small integers, summed exactly. Each build has the widest instruction for them that it may use, and its own
 * operands; the sums are the same.
 *
 *     build     V      a lane is     operands of a step, for each column
 *     relaxed   v128   a column      4 weights and 4 inputs, 8 bits each
 *     simd      v128   a column      2 weights and 2 inputs, 16 bits each
 *     scalar    i64    two columns   1 weight and 1 input, 32 bits each
 *
 * Why they agree: a weight is in -127 … 127 and an input in 0 … 127, so two neighbouring products add up to less than 2¹⁵,
 * whether or not an engine saturates there, and all of up to 133,144 products to less than 2³¹.
 */

/** Products that a step adds to each column. */
export const STEP: i32 = ASC_FEATURE_RELAXED_SIMD ? 4 : ASC_FEATURE_SIMD ? 2 : 1;

/** Bytes of the inputs of a step: those of one row. */
export const STEP_BYTES: usize = 4;

/** Columns of a V. */
export function columnsOf<V>(): i32 {
  return isVector<V>() ? 4 : 2;
}

/** No products yet. */
export function noProducts<V>(): V {
  if (isVector<V>()) return changetype<V>(i32x4.splat(0));
  return changetype<V>(<i64>0);
}

/** The `I`-th row's inputs of a step, for every column. */
export function loadInputs<V, I>(p: usize): V {
  if (isVector<V>()) return changetype<V>(v128.load32_splat(p, offsetof<I>() * 4));
  return changetype<V>(<i64>load<u32>(p, offsetof<I>() * 4));
}

/** `sums + Σ w·x` over a step. The scalar build multiplies two columns at once: w is w₀ + w₁·2³². */
export function addProducts<V>(w: V, x: V, sums: V): V {
  if (!isVector<V>()) return changetype<V>(changetype<i64>(sums) + changetype<i64>(w) * changetype<i64>(x));
  const vw = changetype<v128>(w);
  const vx = changetype<v128>(x);
  const vs = changetype<v128>(sums);
  if (ASC_FEATURE_RELAXED_SIMD) return changetype<V>(i32x4.relaxed_dot_i8x16_i7x16_add_s(vw, vx, vs));
  return changetype<V>(i32x4.add(i32x4.dot_i16x8_s(vw, vx), vs));
}

/** Stores the sums of a V, one int32 a column. */
export function storeSums<V>(p: usize, sums: V): void {
  if (isVector<V>()) {
    v128.store(p, changetype<v128>(sums));
    return;
  }
  // s₀ + s₁·2³², s₀ being signed: what it borrowed from s₁ is given back.
  const both = changetype<i64>(sums);
  const low = <i32>both;
  store<i32>(p, low);
  store<i32>(p, <i32>((both - <i64>low) >> 32), 4);
}

/** As many int32 as F has floats, in an F: only `centredSums` knows what to do with them. */
export function loadIntegers<F>(p: usize): F {
  return load<F>(p);
}

/** `sums - zero·columnSums` of integers, as floats: exact, then rounded once. */
export function centredSums<F>(sums: F, zero: i32, columnSums: F): F {
  if (isVector<F>()) {
    const shift = i32x4.mul(i32x4.splat(zero), changetype<v128>(columnSums));
    return changetype<F>(f32x4.convert_i32x4_s(i32x4.sub(changetype<v128>(sums), shift)));
  }
  const shift = zero * reinterpret<i32>(changetype<f32>(columnSums));
  return changetype<F>(<f32>(reinterpret<i32>(changetype<f32>(sums)) - shift));
}

/** Stores weight `value` of step `p / STEP` and column `c` into a row of NR columns at `panel`. */
export function storeWeight(panel: usize, stepBytes: usize, p: i32, c: i32, value: i32): void {
  const step = panel + <usize>(p / STEP) * stepBytes;
  if (ASC_FEATURE_RELAXED_SIMD) store<i8>(step + <usize>(c * 4 + (p & 3)), <i8>value);
  else if (ASC_FEATURE_SIMD) store<i16>(step + <usize>(c * 4 + (p & 1) * 2), <i16>value);
  else {
    const pair = step + <usize>(c >> 1) * 8;
    const before = load<i64>(pair);
    store<i64>(pair, c & 1 ? before + ((<i64>value) << 32) : <i64>value);
  }
}

/** What `storeWeight` stored. */
export function loadWeight(panel: usize, stepBytes: usize, p: i32, c: i32): i32 {
  const step = panel + <usize>(p / STEP) * stepBytes;
  if (ASC_FEATURE_RELAXED_SIMD) return <i32>load<i8>(step + <usize>(c * 4 + (p & 3)));
  if (ASC_FEATURE_SIMD) return <i32>load<i16>(step + <usize>(c * 4 + (p & 1) * 2));
  const both = load<i64>(step + <usize>(c >> 1) * 8);
  const low = <i32>both;
  return c & 1 ? <i32>((both - <i64>low) >> 32) : low;
}

/** 1.5·2²³: added to a number of small magnitude, it rounds that to the nearest integer, ties to even. */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;

/** Inputs that `storeBlock` takes at once: four steps, or one. */
export const BLOCK: i32 = ASC_FEATURE_SIMD ? 4 * STEP : 1;

/** round(x·inverse + zero) as int32, in each lane: 0 … 128, or at least 2⁸ or negative for a NaN. */
function rounded(x: v128, inverse: v128, offset: v128): v128 {
  const sum = f32x4.add(f32x4.mul(x, inverse), offset);
  return i32x4.sub(sum, i32x4.splat(ROUNDER_BITS));
}

/** The four steps of a vector of inputs, `stepBytes` apart. */
function storeSteps(steps: v128, to: usize, stepBytes: usize): void {
  if (stepBytes === STEP_BYTES) {
    v128.store(to, steps);
    return;
  }
  v128.store32_lane(to, steps, 0);
  to += stepBytes;
  v128.store32_lane(to, steps, 1);
  to += stepBytes;
  v128.store32_lane(to, steps, 2);
  v128.store32_lane(to + stepBytes, steps, 3);
}

/**
 * Quantizes `blocks` blocks of inputs, q = min(round(x·inverse) + zero, 127), into steps that lie `stepBytes` apart.
 * Returns a number that is below 2⁸, and not negative, unless one of them was NaN.
 */
export function storeBlocks(blocks: i32, x: usize, inverse: f32, zero: i32, to: usize, stepBytes: usize): i32 {
  if (!ASC_FEATURE_SIMD) {
    let seen = 0;
    for (; blocks > 0; blocks--) {
      seen |= storeOne(x, inverse, zero, to, 0);
      x += 4;
      to += stepBytes;
    }
    return seen;
  }
  const vi = f32x4.splat(inverse);
  const vo = f32x4.splat(ROUNDER + <f32>zero);
  let seen = i32x4.splat(0);
  for (; blocks > 0; blocks--) {
    const q0 = rounded(v128.load(x), vi, vo);
    const q1 = rounded(v128.load(x, 16), vi, vo);
    seen = v128.or(seen, v128.or(q0, q1));
    if (ASC_FEATURE_RELAXED_SIMD) {
      const q2 = rounded(v128.load(x, 32), vi, vo);
      const q3 = rounded(v128.load(x, 48), vi, vo);
      seen = v128.or(seen, v128.or(q2, q3));
      const halves = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(q0, q1), i16x8.narrow_i32x4_s(q2, q3));
      storeSteps(i8x16.min_u(halves, i8x16.splat(127)), to, stepBytes);
    } else {
      storeSteps(i16x8.min_u(i16x8.narrow_i32x4_u(q0, q1), i16x8.splat(127)), to, stepBytes);
    }
    x += <usize>BLOCK * 4;
    to += 4 * stepBytes;
  }
  seen = v128.or(seen, v128.shuffle<i64>(seen, seen, 1, 0));
  return i32x4.extract_lane(seen, 0) | i32x4.extract_lane(seen, 1);
}

/** One input, the `part`-th of a step. Returns what `storeBlocks` does. */
export function storeOne(x: usize, inverse: f32, zero: i32, step: usize, part: i32): i32 {
  const q = reinterpret<i32>(load<f32>(x) * inverse + (ROUNDER + <f32>zero)) - ROUNDER_BITS;
  const bounded = max(min(q, 127), 0);
  if (ASC_FEATURE_RELAXED_SIMD) store<u8>(step + <usize>part, <u8>bounded);
  else if (ASC_FEATURE_SIMD) store<u16>(step + <usize>part * 2, <u16>bounded);
  else store<u32>(step, <u32>bounded);
  return q;
}

/** A zero in place of an input that is not there: its weight is zero, whatever it is, but no old byte is read. */
export function storeZero(step: usize, part: i32): void {
  if (ASC_FEATURE_RELAXED_SIMD) store<u8>(step + <usize>part, 0);
  else store<u16>(step + <usize>part * 2, 0);
}

/** The lowest of the float32 in x. */
export function lowestLane<V>(x: V): f32 {
  if (!isVector<V>()) return changetype<f32>(x);
  let v = changetype<v128>(x);
  v = f32x4.pmin(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmin(v, v128.shuffle<f32>(v, v, 1, 0, 3, 2)), 0);
}

/** The highest. */
export function highestLane<V>(x: V): f32 {
  if (!isVector<V>()) return changetype<f32>(x);
  let v = changetype<v128>(x);
  v = f32x4.pmax(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(v, v128.shuffle<f32>(v, v, 1, 0, 3, 2)), 0);
}
