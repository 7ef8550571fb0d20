/**
 * Where a product is cut. Sizes are in elements; T is the element, V what one load holds.
 *
 *     loop      cuts  by  so that
 *     5  jc     n     NC  the packed panel of B (KC x NC) stays in the second-level cache or beyond
 *     4  pc     k     KC  one panel of A (MR x KC) and one of B (KC x NR) fit the first-level cache together
 *     3  ic     m     MC  the packed block of A (MC x KC) stays in the second-level cache
 *     2  jr     n     NR  the tile is NR wide: two loads of B per step of k
 *     1  ir     m     MR  the tile is MR high: MR x 2 accumulators stay in registers
 *
 * The names are those of BLIS (Van Zee and van de Geijn, ACM TOMS 41(3), 2015).
 */
import { lanes } from "../lanes/vector";

/** Rows of a tile. With a fused multiply-add, 6 x 2 accumulators fill the registers; without, the product needs one. */
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/**
 * Vectors in a row of a tile. The wide build (asconfig.json defines WIDE) is for engines that fuse neighbouring 128-bit
 * operations into 256-bit ones: four vectors are two registers there, and would not fit anywhere else.
 */
export const NV: i32 = isDefined(WIDE) ? 4 : 2;

/** Columns of a tile. */
export function NR<T extends number, V>(): i32 {
  return NV * <i32>(sizeof<V>() / sizeof<T>());
}

/**
 * In bytes of a row, so that panels are as long in either type. Each cut of k reads and writes all of C, whose rows may lie on
 * pages of their own: 2048 instead of 1024 bytes, 1024³ in float32, 1.05 (relaxed), 1.06 (wide; Node 24, Sapphire Rapids).
 */
export const KC_BYTES: i32 = 2048;

/** Columns of A and rows of B between two cuts of k. */
export function KC<T extends number>(): i32 {
  return KC_BYTES / <i32>sizeof<T>();
}

/**
 * A multiple of every MR. The block of A takes 96 KB, and the tiles of a column of C are on no more pages than the first-level
 * TLB has entries: 48 instead of 96, 1024³, 1.01 (relaxed), 1.02 (wide; Node 24, Sapphire Rapids).
 */
export const MC: i32 = 48;

/**
 * A multiple of every NR. Where a block of A is used up twice as fast, packing it once for 1024 columns instead of twice is
 * worth the memory: wide, 1024³ 1.5 to 2 % (Node 24, Sapphire Rapids); the others gain nothing.
 */
export const NC: i32 = NV > 2 ? 1024 : 512;

/**
 * Panels that are packed together where the source is contiguous across them: enough to use up the cache lines that are
 * read, few enough for the lines being written to stay in the cache, though they may all fall into one set of it.
 */
export const PACK_PANELS: i32 = 8;

/**
 * Up to this many rows, B is read where it lies instead of packed: each of its rows is then used by so few tiles that
 * copying it costs more than the copy saves. Rows of B that lie close together can be read so for longer: the column of
 * a tile then is on few pages. Relaxed, Node 24, Sapphire Rapids, GFLOP/s packed → direct: 32×784×50 34.1 → 37.4,
 * 32×512×512 38.8 → 43.7, 64×784×100 41.1 → 43.9; but 64×1024×1024 41.0 → 38.6.
 *
 * An A that lies column by column (Xᵀ) is always packed: read in place, 256 steps of k cost 39.6 instead of 43.4.
 */
export const DIRECT_ROWS: i32 = 8 * MR;
export const DIRECT_ROWS_NARROW: i32 = 32 * MR;
export const NARROW_BYTES: usize = 2048;

/** Whether there are tiles of 3 and 5 rows, and wider ones of 2 and 3. The builds that are rarely run save themselves the bytes. */
export const ODD_TILES: bool = ASC_FEATURE_SIMD && NV === 2;

/** Whether there are tiles of half the width, for the right edge: the same. */
export const HALF_TILES: bool = ASC_FEATURE_SIMD;

/** Whether a call of the micro-kernel computes all tiles of full size that stand one below the other: the same. */
export const TILES_AT_ONCE: bool = ASC_FEATURE_SIMD;

/** Up to this many rows, or columns, a product is taken as one of few rows (few.ts). */
export const FEW: i32 = 32;

/**
 * Up to how many columns, n being one such number, a product is taken so where that wants A transposed. It costs more than
 * a padded column does if there is none, and in f64, where a vector has two columns, soon. Relaxed, Node 24, Sapphire
 * Rapids, 256×128×n, over tiles of whole columns: f32 1.31 at 10, 1.08 at 30, but 0.94 at 8 and 32; f64 1.19 at 5, 0.95 at 7.
 */
export function fewAlong<T extends number, V>(n: i32): i32 {
  if (n % NR<T, V>() === 0) return 0;
  return sizeof<T>() === 4 ? FEW : 5;
}

/**
 * There, the cuts of k, in bytes of a row, and of n: the panel of B that is packed for so few rows is used at once, out of
 * the cache. FEW rows of FEW_BYTES are a block of A no smaller than MC rows of KC_BYTES: scratch.ts.
 */
export const FEW_BYTES: i32 = 4096;
export const FEW_NC: i32 = 32;

/** The most columns of a strip: three vectors of f32. */
export const STRIP: i32 = 12;

/**
 * Whether a product whose operands lie along their rows is taken by `strip`, whose tiles are 3 x 3: f32 with three vectors of
 * columns; or more, in several strips, if there are just three rows. Over the other paths, Node 24, Sapphire Rapids, relaxed
 * and simd: 8×64×10 1.86, 1.5; 256×100×10 1.09, 1.07; 3×784×100 1.13, 1.04; 3×784×50 1.45, 1.36.
 *
 * Neighbouring strips share lines of the cache and, where rows are long, pages: 3×4096×1024 would take 1.24 times as long, so k
 * is at most what the other path has in one cut. Without a fused multiply-add, an addition costs a slot of its own, and what is
 * computed twice shows: 256×128×9 0.98 and 4×100×12 0.89, a third of whose rows are none. Tiles of 4 x 2 and 2 x 4 for other
 * widths, and f64, gain about as much; they would take another 0.4 kB of the binaries, gzipped.
 */
export function asStrip<T extends number, V>(m: i32, n: i32, k: i32): bool {
  const lane = lanes<T, V>();
  if (!ODD_TILES || sizeof<T>() !== 4 || m < 3 || n <= 2 * lane) return false;
  if (n > STRIP) return m === 3 && k <= FEW_BYTES / <i32>sizeof<T>();
  return ASC_FEATURE_RELAXED_SIMD || (n === 2 * lane + 1 ? m <= 32 : m !== 4 || n < STRIP);
}

/** Rows of the next tile when `left` remain: two last tiles share what is left, so that neither is a sliver. */
export function tileRows(left: i32): i32 {
  if (left >= 2 * MR) return MR;
  if (ODD_TILES) return left <= MR ? left : (left + 1) >> 1;
  if (left <= MR) return left > 1 ? left & ~1 : left;
  return ((left + 2) >> 2) << 1;
}

/** How many tiles of that height come first when `left` rows remain. */
export function tilesAlike(left: i32): i32 {
  return left < 2 * MR ? 1 : left / MR - i32(left % MR !== 0);
}

/**
 * The most vectors in a row of the tiles of a product of `m` rows: a tile needs eight sums or so to hide the latency of an
 * addition, so the lower it is, the wider.
 */
export function mostVectors(m: i32): i32 {
  if (ODD_TILES && m === 2) return 4;
  // Without a fused multiply-add, six sums are enough, and nine too many for the registers.
  if (ODD_TILES && ASC_FEATURE_RELAXED_SIMD && m === 3) return 3;
  return NV;
}

/** Vectors in a row of the next tile when columns for `left` remain: as `tileRows`. */
export function tileVectors(left: i32, most: i32): i32 {
  if (left >= 2 * most || !HALF_TILES) return most;
  if (NV > 2) return left > 2 ? 4 : 2;
  return left <= most ? left : (left + 1) >> 1;
}
