/**
 * Packing: a strided source becomes a panel that the micro-kernel reads front to back.
 *
 *     panel[p][i] = src[i·rs + p·cs],   0 <= i < used,  0 <= p < k;    any numbers for used <= i < width
 *
 *     src (used x k)                    panel (k x width), one step of k after the other
 *     ┌ · · · · · ·  → p (cs)           p=0 │ i=0 1 2 … width-1 │
 *     │ · · · · · ·                     p=1 │ i=0 1 2 … width-1 │
 *     ↓ i (rs)                          …
 *
 * A panel of A has i over rows, one of B has i over columns: a transposed operand is only a swap of `rs` and `cs`, one of
 * which is the size of an element. Strides are in bytes. What fills a panel up to its width is multiplied and thrown away;
 * it is zeros or a copy of the source, never what lay there before: processors are slow with subnormal numbers.
 */
import { lanes, transpose } from "../lanes/vector";

/**
 * Packs `panels` panels that lie side by side in the source, all `width` elements wide; `used` is less only for a single
 * one. In `dst` they follow one another.
 */
// biome-ignore format: operand by operand
export function packPanels<T extends number, V>(
  panels: i32, width: i32, used: i32, k: i32,
  src: usize, rs: usize, cs: usize,
  dst: usize,
): void {
  if (rs === sizeof<T>() && used >= lanes<T, V>()) {
    packAcross<T, V>(panels, width, used, k, src, cs, dst);
    return;
  }
  for (; panels > 0; panels--) {
    packAlong<T, V>(width, used, k, src, rs, cs, dst, <usize>width * sizeof<T>());
    src += <usize>width * rs;
    dst += <usize>(width * k) * sizeof<T>();
  }
}

/**
 * The source is contiguous across the panels: a row of it at a time, through all panels, so that a line of the cache is
 * read once. Vectors cover a panel, the last one overlapping the one before.
 */
// biome-ignore format: operand by operand
function packAcross<T extends number, V>(
  panels: i32, width: i32, used: i32, k: i32,
  src: usize, cs: usize,
  dst: usize,
): void {
  const step = <usize>width * sizeof<T>();
  const panelBytes = step * <usize>k;
  const end = <usize>used * sizeof<T>();
  const last = end - sizeof<V>();
  if (last <= sizeof<V>() && used === width) {
    // The usual panel, two vectors wide, without the inner loops: dW at 1024³ 40.8 → 42.8 GFLOP/s (relaxed, Node 24).
    for (; k > 0; k--) {
      let from = src;
      let to = dst;
      for (let panel = panels; panel > 0; panel--) {
        store<V>(to, load<V>(from));
        store<V>(to + last, load<V>(from + last));
        from += step;
        to += panelBytes;
      }
      src += cs;
      dst += step;
    }
    return;
  }
  for (; k > 0; k--) {
    let from = src;
    let to = dst;
    for (let panel = panels; panel > 0; panel--) {
      store<V>(to, load<V>(from));
      for (let at = sizeof<V>(); at < last; at += sizeof<V>()) store<V>(to + at, load<V>(from + at));
      store<V>(to + last, load<V>(from + last));
      for (let at = end; at < step; at += sizeof<T>()) store<T>(to + at, <T>0);
      from += step;
      to += panelBytes;
    }
    src += cs;
    dst += step;
  }
}

/**
 * The source is contiguous along k: squares of it are transposed in registers. The last square of rows overlaps the one
 * before where the width is no multiple of its side; rows past `used` are the last one again. In `dst`, steps of k are
 * `step` bytes apart.
 */
// biome-ignore format: operand by operand
export function packAlong<T extends number, V>(
  width: i32, used: i32, k: i32,
  src: usize, rs: usize, cs: usize,
  dst: usize, step: usize,
): void {
  const side = cs !== sizeof<T>() || width < lanes<T, V>() ? 1 : lanes<T, V>();
  const last = used - 1;
  for (let i = 0; i < width; i += side) {
    const row = min(i, width - side);
    let r0 = src + <usize>min(row, last) * rs;
    let to = dst + <usize>row * sizeof<T>();
    let left = k;
    if (isVector<V>() && side > 1) {
      let r1 = src + <usize>min(row + 1, last) * rs;
      let r2 = src + <usize>min(row + 2, last) * rs;
      let r3 = src + <usize>min(row + 3, last) * rs;
      for (; left >= side; left -= side) {
        transpose<T>(r0, r1, r2, r3, to, step);
        r0 += sizeof<V>();
        r1 += sizeof<V>();
        r2 += sizeof<V>();
        r3 += sizeof<V>();
        to += <usize>side * step;
      }
      for (; left > 0; left--) {
        store<T>(to, load<T>(r0));
        store<T>(to, load<T>(r1), sizeof<T>());
        if (sizeof<T>() === 4) {
          store<T>(to, load<T>(r2), 2 * sizeof<T>());
          store<T>(to, load<T>(r3), 3 * sizeof<T>());
        }
        r0 += sizeof<T>();
        r1 += sizeof<T>();
        r2 += sizeof<T>();
        r3 += sizeof<T>();
        to += step;
      }
    }
    for (; left > 0; left--) {
      store<T>(to, load<T>(r0));
      r0 += cs;
      to += step;
    }
  }
}
