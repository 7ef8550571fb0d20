/**
 * What one core can do in 128-bit SIMD: multiply-adds on registers alone, no load in the loop. AssemblyScript, built and
 * timed by `../roofline.ts`. Each chain is c = c·a + a, so that no engine
 * can compute a product once for all; twelve of them are enough to hide the latency of an addition at two per cycle.
 */

/** a·b + c, fused where this build can. */
function step<T extends number>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** `steps` times twelve multiply-adds. */
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
  for (; steps > 0; steps--) {
    c0 = step<T>(c0, a, a);
    c1 = step<T>(c1, a, a);
    c2 = step<T>(c2, a, a);
    c3 = step<T>(c3, a, a);
    c4 = step<T>(c4, a, a);
    c5 = step<T>(c5, a, a);
    c6 = step<T>(c6, a, a);
    c7 = step<T>(c7, a, a);
    c8 = step<T>(c8, a, a);
    c9 = step<T>(c9, a, a);
    c10 = step<T>(c10, a, a);
    c11 = step<T>(c11, a, a);
  }
  c0 = v128.xor(v128.xor(c0, c1), v128.xor(c2, c3));
  c4 = v128.xor(v128.xor(c4, c5), v128.xor(c6, c7));
  c8 = v128.xor(v128.xor(c8, c9), v128.xor(c10, c11));
  return v128.xor(v128.xor(c0, c4), c8);
}

export function runF32(steps: i32, value: f32): i32 {
  return v128.extract_lane<i32>(run<f32>(steps, v128.splat<f32>(value)), 0);
}

export function runF64(steps: i32, value: f64): i32 {
  return v128.extract_lane<i32>(run<f64>(steps, v128.splat<f64>(value)), 0);
}
