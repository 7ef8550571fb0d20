/** Random bits that are computed, not kept: hashes of where an element stands. */

/**
 * A hash of 64 bits: the finalizer of SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014, with the constants of Vigna's implementation, which is in the public domain.
 */
export function mixed(x: u64): u64 {
  // biome-ignore lint/correctness/noPrecisionLoss: a u64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  // biome-ignore lint/correctness/noPrecisionLoss: a u64
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/**
 * x where the hash of its column is at least `floor`, 0 elsewhere; `column` is that of the first lane, `key` tells rows
 * apart. 32 bits each, by the constants of Chris Wellons's lowbias32 (in the public domain), the second half of the key
 * coming in between its two products.
 */
export function zeroUnlessHashed<T extends number, V>(x: V, column: i32, key: u64, floor: u32): V {
  const first = <i32>key;
  const second = <i32>(key >> 32);
  if (isVector<V>()) {
    // As many hashes as 32-bit lanes: an f64 has both of its lanes from one column.
    const offsets = sizeof<T>() === 4 ? i32x4(0, 1, 2, 3) : i32x4(0, 0, 1, 1);
    let h = i32x4.mul(i32x4.add(i32x4.splat(column), offsets), i32x4.splat(0x9e3779b9));
    h = i32x4.add(h, i32x4.splat(first));
    h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x7feb352d));
    h = v128.xor(h, i32x4.splat(second));
    h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 15)), i32x4.splat(0x846ca68b));
    h = v128.xor(h, i32x4.shr_u(h, 16));
    return changetype<V>(v128.and(changetype<v128>(x), i32x4.ge_u(h, i32x4.splat(<i32>floor))));
  }
  let h = <u32>column * 0x9e3779b9 + <u32>first;
  h = (h ^ (h >> 16)) * 0x7feb352d;
  h ^= <u32>second;
  h = (h ^ (h >> 15)) * 0x846ca68b;
  h ^= h >> 16;
  return h >= floor ? x : changetype<V>(<T>0);
}
