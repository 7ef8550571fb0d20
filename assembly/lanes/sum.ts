/**
 * Sums in f64 with the same bits in every build: the elements of even and of odd index are added up apart, each in
 * order. A vector build holds both sums in one v128; the scalar build takes turns, one element at a time.
 *
 *     let sum = noSum<S>(), other = noSum<S>();
 *     for each V:  next = addTo<T, V, S>(sum, v);  sum = turn<S>(next, other);  other = next;
 *     total<S>(sum, other)
 *
 * S is v128 or f64.
 */

export function noSum<S>(): S {
  if (isVector<S>()) return changetype<S>(f64x2.splat(0));
  return changetype<S>(<f64>0);
}

/** sum + the elements of `x`. */
export function addTo<T extends number, V, S>(sum: S, x: V): S {
  if (isVector<S>()) {
    const s = changetype<v128>(sum);
    const v = changetype<v128>(x);
    if (sizeof<T>() === 8) return changetype<S>(f64x2.add(s, v));
    const first = f64x2.add(s, f64x2.promote_low_f32x4(v));
    return changetype<S>(f64x2.add(first, f64x2.promote_low_f32x4(i32x4.shuffle(v, v, 2, 3, 2, 3))));
  }
  return changetype<S>(changetype<f64>(sum) + <f64>changetype<T>(x));
}

/** sum + the products of the elements of `a` and `b`, which f64 holds exactly if they are f32. */
export function addProductsTo<T extends number, V, S>(sum: S, a: V, b: V): S {
  if (isVector<S>()) {
    const s = changetype<v128>(sum);
    const va = changetype<v128>(a);
    const vb = changetype<v128>(b);
    if (sizeof<T>() === 8) return changetype<S>(f64x2.add(s, f64x2.mul(va, vb)));
    const low = f64x2.mul(f64x2.promote_low_f32x4(va), f64x2.promote_low_f32x4(vb));
    const aHigh = f64x2.promote_low_f32x4(i32x4.shuffle(va, va, 2, 3, 2, 3));
    const bHigh = f64x2.promote_low_f32x4(i32x4.shuffle(vb, vb, 2, 3, 2, 3));
    return changetype<S>(f64x2.add(f64x2.add(s, low), f64x2.mul(aHigh, bHigh)));
  }
  return changetype<S>(changetype<f64>(sum) + <f64>changetype<T>(a) * <f64>changetype<T>(b));
}

/** Which of the two sums is next. */
export function turn<S>(next: S, other: S): S {
  return isVector<S>() ? next : other;
}

export function total<S>(sum: S, other: S): f64 {
  if (isVector<S>()) {
    const s = changetype<v128>(sum);
    return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  }
  return changetype<f64>(sum) + changetype<f64>(other);
}
