/**
 * What one core can do in 128-bit SIMD: multiply-adds on operands that never leave the first-level cache, twelve sums in
 * registers, enough of them to hide the latency of an addition. AssemblyScript, built and timed by `../roofline.ts`.
 */

/** a·b + c, fused where this build can. */
function multiplyAdd<T extends number>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** `steps` times twelve multiply-adds. The other factor is loaded, so that no engine computes a product once for all. */
function run<T extends number>(steps: i32, a: v128): v128 {
  let c0 = a;
  let c1 = a;
  let c2 = a;
  let c3 = a;
  let c4 = a;
  let c5 = a;
  let c6 = a;
  let c7 = a;
  let c8 = a;
  let c9 = a;
  let c10 = a;
  let c11 = a;
  for (const at: usize = 0; steps > 0; steps--) {
    c0 = multiplyAdd<T>(a, v128.load(at, 0), c0);
    c1 = multiplyAdd<T>(a, v128.load(at, 16), c1);
    c2 = multiplyAdd<T>(a, v128.load(at, 32), c2);
    c3 = multiplyAdd<T>(a, v128.load(at, 48), c3);
    c4 = multiplyAdd<T>(a, v128.load(at, 64), c4);
    c5 = multiplyAdd<T>(a, v128.load(at, 80), c5);
    c6 = multiplyAdd<T>(a, v128.load(at, 96), c6);
    c7 = multiplyAdd<T>(a, v128.load(at, 112), c7);
    c8 = multiplyAdd<T>(a, v128.load(at, 128), c8);
    c9 = multiplyAdd<T>(a, v128.load(at, 144), c9);
    c10 = multiplyAdd<T>(a, v128.load(at, 160), c10);
    c11 = multiplyAdd<T>(a, v128.load(at, 176), c11);
  }
  c0 = v128.xor(v128.xor(c0, c1), v128.xor(c2, c3));
  c4 = v128.xor(v128.xor(c4, c5), v128.xor(c6, c7));
  c8 = v128.xor(v128.xor(c8, c9), v128.xor(c10, c11));
  return v128.xor(v128.xor(c0, c4), c8);
}

export function float32(steps: i32, value: f32): i32 {
  return v128.extract_lane<i32>(run<f32>(steps, v128.splat<f32>(value)), 0);
}

export function float64(steps: i32, value: f64): i32 {
  return v128.extract_lane<i32>(run<f64>(steps, v128.splat<f64>(value)), 0);
}
