/**
 * This folder alone knows v128.
 *
 * A kernel has two type parameters: T, the element (f32 or f64), and V, what one load holds: `v128` (4 or 2 elements)
 * in the SIMD builds, T itself in the scalar build. Every branch below is decided at compile time, so each build
 * contains just the one instruction it needs.
 */

/** Elements in one V. */
export function lanes<T extends number, V>(): i32 {
  return <i32>(sizeof<V>() / sizeof<T>());
}

/** `x` in every lane. */
export function splat<T extends number, V>(x: T): V {
  if (isVector<V>()) return changetype<V>(v128.splat<T>(x));
  return changetype<V>(x);
}

/** Element `I` of the array at `p`, in every lane. */
export function loadSplat<T extends number, V, I>(p: usize): V {
  if (isVector<V>()) {
    if (sizeof<T>() === 4) return changetype<V>(v128.load32_splat(p, offsetof<I>() * sizeof<T>()));
    return changetype<V>(v128.load64_splat(p, offsetof<I>() * sizeof<T>()));
  }
  return load<V>(p, offsetof<I>() * sizeof<T>());
}

/**
 * `a·b + c`, lane by lane. The relaxed build may round once (fused) where the others round twice; it does the same for
 * a lone element, so that an element's bits do not depend on whether a vector or a tail computed it.
 */
export function madd<T extends number, V>(a: V, b: V, c: V): V {
  if (isVector<V>()) {
    const va = changetype<v128>(a);
    const vb = changetype<v128>(b);
    const vc = changetype<v128>(c);
    if (ASC_FEATURE_RELAXED_SIMD) return changetype<V>(v128.relaxed_madd<T>(va, vb, vc));
    return changetype<V>(v128.add<T>(v128.mul<T>(va, vb), vc));
  }
  const sa = changetype<T>(a);
  const sb = changetype<T>(b);
  const sc = changetype<T>(c);
  if (ASC_FEATURE_RELAXED_SIMD) {
    const fused = v128.relaxed_madd<T>(v128.splat<T>(sa), v128.splat<T>(sb), v128.splat<T>(sc));
    return changetype<V>(v128.extract_lane<T>(fused, 0));
  }
  return changetype<V>(add<T>(mul<T>(sa, sb), sc));
}

/** `a + b`, lane by lane. */
export function sum<T extends number, V>(a: V, b: V): V {
  return changetype<V>(v128.add<T>(changetype<v128>(a), changetype<v128>(b)));
}

/** Sums of neighbouring lanes: of a, then of b. */
export function foldPairs<T extends number, V>(a: V, b: V): V {
  const va = changetype<v128>(a);
  const vb = changetype<v128>(b);
  if (sizeof<T>() === 8)
    return changetype<V>(v128.add<T>(v128.shuffle<T>(va, vb, 0, 2), v128.shuffle<T>(va, vb, 1, 3)));
  return changetype<V>(v128.add<T>(v128.shuffle<T>(va, vb, 0, 2, 4, 6), v128.shuffle<T>(va, vb, 1, 3, 5, 7)));
}

/** The sum of the lanes, pairwise. */
export function foldAll<T extends number, V>(x: V): T {
  const v = changetype<v128>(x);
  const low = add<T>(v128.extract_lane<T>(v, 0), v128.extract_lane<T>(v, 1));
  if (sizeof<T>() === 8) return low;
  return add<T>(low, add<T>(v128.extract_lane<T>(v, 2), v128.extract_lane<T>(v, 3)));
}

/** Four f32 from four places. */
export function gather4<V>(p0: usize, p1: usize, p2: usize, p3: usize): V {
  const v01 = v128.load_lane<u32>(p1, v128.load32_zero(p0), 1);
  return changetype<V>(v128.load_lane<u32>(p3, v128.load_lane<u32>(p2, v01, 2), 3));
}

/** Two f64 from two places. */
export function gather2<V>(p0: usize, p1: usize): V {
  return changetype<V>(v128.load_lane<u64>(p1, v128.load64_zero(p0), 1));
}

/** The least output of the activation: 0 if it is the rectified linear unit max(0, x), -Infinity if there is none. */
export function activationFloor<T extends number, V>(rectify: bool): V {
  return splat<T, V>(rectify ? <T>0 : <T>-Infinity);
}

/** `x < floor ? floor : x`: a NaN stays NaN, a -0 stays -0. */
export function atLeast<T extends number, V>(x: V, floor: V): V {
  if (isVector<V>()) return changetype<V>(v128.pmax<T>(changetype<v128>(x), changetype<v128>(floor)));
  return changetype<T>(x) < changetype<T>(floor) ? floor : x;
}

/** The derivative of the rectified linear unit applied to a gradient: `y <= 0 ? 0 : dy`, y being the output. A NaN y lets dy pass. */
export function reluMask<T extends number, V>(y: V, dy: V): V {
  if (isVector<V>()) {
    const off = v128.le<T>(changetype<v128>(y), v128.splat<T>(<T>0));
    return changetype<V>(v128.andnot(changetype<v128>(dy), off));
  }
  return changetype<T>(y) <= <T>0 ? changetype<V>(<T>0) : dy;
}

/**
 * Transposes a square, 4 x 4 (f32) or 2 x 2 (f64): its rows lie at r0, r1, r2, r3, its columns go to `to`, `step` bytes
 * apart. The last two rows are of no use for f64.
 */
export function transpose<T extends number>(r0: usize, r1: usize, r2: usize, r3: usize, to: usize, step: usize): void {
  const a = v128.load(r0);
  const b = v128.load(r1);
  if (sizeof<T>() === 8) {
    v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
    v128.store(to + step, v128.shuffle<f64>(a, b, 1, 3));
    return;
  }
  const c = v128.load(r2);
  const d = v128.load(r3);
  const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(abLow, cdLow, 0, 2));
  to += step;
  v128.store(to, v128.shuffle<f64>(abLow, cdLow, 1, 3));
  to += step;
  v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 0, 2));
  to += step;
  v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 1, 3));
}
