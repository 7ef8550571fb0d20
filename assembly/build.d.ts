/** What the targets of asconfig.json define. */

/** By "wide" alone, and only ever asked for by `isDefined(WIDE)`. */
declare const WIDE: bool;

/** What one load holds of an f32 and of an f64: v128 in the SIMD builds, the element itself in the scalar ones. */
declare type V32 = v128;
declare type V64 = v128;

/** What holds sums of integers: v128, or an i64 with two of them in the scalar build. */
declare type VI = v128;
