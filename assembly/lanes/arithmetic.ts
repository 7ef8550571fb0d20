/**
 * What the kernels beside the layer need beyond `./vector`: arithmetic on a V, its bits, and the last few elements of
 * an array. As there, T is the element and V what one load holds; an operation gives an element the same bits in either.
 */
import { lanes, splat } from "./vector";

export function plus<T extends number, V>(a: V, b: V): V {
  if (isVector<V>()) return changetype<V>(v128.add<T>(changetype<v128>(a), changetype<v128>(b)));
  return changetype<V>(add<T>(changetype<T>(a), changetype<T>(b)));
}

export function minus<T extends number, V>(a: V, b: V): V {
  if (isVector<V>()) return changetype<V>(v128.sub<T>(changetype<v128>(a), changetype<v128>(b)));
  return changetype<V>(sub<T>(changetype<T>(a), changetype<T>(b)));
}

export function times<T extends number, V>(a: V, b: V): V {
  if (isVector<V>()) return changetype<V>(v128.mul<T>(changetype<v128>(a), changetype<v128>(b)));
  return changetype<V>(mul<T>(changetype<T>(a), changetype<T>(b)));
}

export function over<T extends number, V>(a: V, b: V): V {
  if (isVector<V>()) return changetype<V>(v128.div<T>(changetype<v128>(a), changetype<v128>(b)));
  return changetype<V>(div<T>(changetype<T>(a), changetype<T>(b)));
}

export function squareRoot<T extends number, V>(x: V): V {
  if (isVector<V>()) return changetype<V>(v128.sqrt<T>(changetype<v128>(x)));
  return changetype<V>(sqrt<T>(changetype<T>(x)));
}

/** |x|. */
export function magnitude<T extends number, V>(x: V): V {
  if (isVector<V>()) return changetype<V>(v128.abs<T>(changetype<v128>(x)));
  return changetype<V>(abs<T>(changetype<T>(x)));
}

/** A non-negative `size` with the sign of x. */
export function withSignOf<T extends number, V>(size: V, x: V): V {
  if (isVector<V>()) {
    const sign = v128.and(changetype<v128>(x), v128.splat<T>(<T>-0.0));
    return changetype<V>(v128.or(changetype<v128>(size), sign));
  }
  return changetype<V>(copysign<T>(changetype<T>(size), changetype<T>(x)));
}

/** `ceiling < x ? ceiling : x`: a NaN stays NaN. */
export function atMost<T extends number, V>(x: V, ceiling: V): V {
  if (isVector<V>()) return changetype<V>(v128.pmin<T>(changetype<v128>(x), changetype<v128>(ceiling)));
  return changetype<T>(ceiling) < changetype<T>(x) ? ceiling : x;
}

/** The larger; NaN if either is. */
export function larger<T extends number, V>(a: V, b: V): V {
  if (isVector<V>()) return changetype<V>(v128.max<T>(changetype<v128>(a), changetype<v128>(b)));
  return changetype<V>(max<T>(changetype<T>(a), changetype<T>(b)));
}

/** The largest lane; NaN if one is. */
export function largest<T extends number, V>(x: V): T {
  if (!isVector<V>()) return changetype<T>(x);
  const v = changetype<v128>(x);
  const two = max<T>(v128.extract_lane<T>(v, 0), v128.extract_lane<T>(v, 1));
  if (sizeof<T>() === 8) return two;
  return max<T>(two, max<T>(v128.extract_lane<T>(v, 2), v128.extract_lane<T>(v, 3)));
}

/** `x < 0 ? a : b`. */
export function ifNegative<T extends number, V>(x: V, a: V, b: V): V {
  if (isVector<V>()) {
    const negative = v128.lt<T>(changetype<v128>(x), v128.splat<T>(<T>0));
    return changetype<V>(v128.bitselect(changetype<v128>(a), changetype<v128>(b), negative));
  }
  return changetype<T>(x) < <T>0 ? a : b;
}

/** `x == 0 ? +0 : a`. */
export function zeroIfZero<T extends number, V>(x: V, a: V): V {
  if (isVector<V>()) {
    const zero = v128.eq<T>(changetype<v128>(x), v128.splat<T>(<T>0));
    return changetype<V>(v128.andnot(changetype<v128>(a), zero));
  }
  return changetype<T>(x) === <T>0 ? changetype<V>(<T>0) : a;
}

/** `x < floor ? +0 : a`. */
export function zeroIfLess<T extends number, V>(x: V, floor: V, a: V): V {
  if (isVector<V>()) {
    const less = v128.lt<T>(changetype<v128>(x), changetype<v128>(floor));
    return changetype<V>(v128.andnot(changetype<v128>(a), less));
  }
  return changetype<T>(x) < changetype<T>(floor) ? changetype<V>(<T>0) : a;
}

/** x without the lower half of its significand: the square of the result is exact. */
export function upperHalf<T extends number, V>(x: V): V {
  if (isVector<V>()) {
    if (sizeof<T>() === 4) return changetype<V>(v128.and(changetype<v128>(x), i32x4.splat(0xfffff000)));
    return changetype<V>(v128.and(changetype<v128>(x), i64x2.splat(0xfffffffff8000000)));
  }
  if (sizeof<T>() === 4) return changetype<V>(reinterpret<f32>(reinterpret<i32>(<f32>changetype<T>(x)) & 0xfffff000));
  return changetype<V>(reinterpret<f64>(reinterpret<i64>(<f64>changetype<T>(x)) & 0xfffffffff8000000));
}

/** Adding it to a number of small magnitude rounds that to an integer, which the low bits of the sum then hold. */
export function rounder<T extends number>(): T {
  return sizeof<T>() === 4 ? <T>12582912.0 : <T>6755399441055744.0; // 1.5·2^23, 1.5·2^52
}

/** 2^(n + more), n being the low bits of `rounder + n`, if that exponent is a normal one. */
export function powerOfTwo<T extends number, V>(rounded: V, more: i32): V {
  const one32 = 0x3f800000 + (more << 23);
  const one64 = 0x3ff0000000000000 + ((<i64>more) << 52);
  if (isVector<V>()) {
    const bits = changetype<v128>(rounded);
    if (sizeof<T>() === 4) return changetype<V>(i32x4.add(i32x4.shl(bits, 23), i32x4.splat(one32)));
    return changetype<V>(i64x2.add(i64x2.shl(bits, 52), i64x2.splat(one64)));
  }
  const x = changetype<T>(rounded);
  if (sizeof<T>() === 4) return changetype<V>(reinterpret<f32>((reinterpret<i32>(<f32>x) << 23) + one32));
  return changetype<V>(reinterpret<f64>((reinterpret<i64>(<f64>x) << 52) + one64));
}

/** The next V of an array that has `left` elements left; `fill` stands in for those that it lacks. */
export function loadNext<T extends number, V>(p: usize, left: i32, fill: T): V {
  if (!isVector<V>() || left >= lanes<T, V>()) return load<V>(p);
  return loadLast<T, V>(p, left, fill);
}

/** Stores the elements of `x` that the array still has room for. */
export function storeNext<T extends number, V>(p: usize, left: i32, x: V): void {
  if (!isVector<V>() || left >= lanes<T, V>()) store<V>(p, x);
  else storeLast<T, V>(p, left, x);
}

function loadLast<T extends number, V>(p: usize, left: i32, fill: T): V {
  let x = changetype<v128>(splat<T, V>(fill));
  if (sizeof<T>() === 8) return changetype<V>(v128.load_lane<u64>(p, x, 0));
  x = v128.load_lane<u32>(p, x, 0);
  if (left > 1) x = v128.load_lane<u32>(p, x, 1, 4);
  if (left > 2) x = v128.load_lane<u32>(p, x, 2, 8);
  return changetype<V>(x);
}

function storeLast<T extends number, V>(p: usize, left: i32, x: V): void {
  const v = changetype<v128>(x);
  if (sizeof<T>() === 8) {
    v128.store_lane<u64>(p, v, 0);
    return;
  }
  v128.store_lane<u32>(p, v, 0);
  if (left > 1) v128.store_lane<u32>(p, v, 1, 4);
  if (left > 2) v128.store_lane<u32>(p, v, 2, 8);
}

/** The first `left` lanes of x, zeros in the others. */
export function firstOf<T extends number, V>(x: V, left: i32): V {
  if (!isVector<V>()) return x;
  const v = changetype<v128>(x);
  if (sizeof<T>() === 8) return changetype<V>(v128.and(v, i64x2(-1, 0)));
  const counts = i32x4.splat(left);
  return changetype<V>(v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), counts)));
}
