/**
 * Packing: a strided source becomes a panel that the micro-kernel reads front to back.
 *
 *     panel[p][i] = src[i·rs + p·cs],   0 <= i < used,  0 <= p < k;    zero for used <= i < width
 *
 *     src (used x k)                    panel (k x width), one step of k after the other
 *     ┌ · · · · · ·  → p (cs)           p=0 │ i=0 1 2 … width-1 │
 *     │ · · · · · ·                     p=1 │ i=0 1 2 … width-1 │
 *     ↓ i (rs)                          …
 *
 * A panel of A has i over rows, one of B has i over columns: a transposed operand is only a swap of `rs` and `cs`.
 * Strides are in bytes. The zeros are for speed alone: what lay in the panel before could be subnormal numbers, with which
 * processors are slow.
 */

/** A panel `width` elements wide, of which the source fills `used`. */
export function packPanel<T extends number, V>(
  width: i32,
  used: i32,
  k: i32,
  src: usize,
  rs: usize,
  cs: usize,
  dst: usize,
): void {
  const step = <usize>width * sizeof<T>();
  if (rs === sizeof<T>()) {
    // Contiguous across the panel: copy a row of it at a time.
    const vectorEnd = (<usize>used * sizeof<T>()) & ~(sizeof<V>() - 1);
    const end = <usize>used * sizeof<T>();
    for (let p = 0; p < k; p++) {
      let at: usize = 0;
      for (; at < vectorEnd; at += sizeof<V>()) store<V>(dst + at, load<V>(src + at));
      for (; at < end; at += sizeof<T>()) store<T>(dst + at, load<T>(src + at));
      for (; at < step; at += sizeof<T>()) store<T>(dst + at, <T>0);
      src += cs;
      dst += step;
    }
    return;
  }
  for (let i = 0; i < width; i++) {
    let to = dst + <usize>i * sizeof<T>();
    if (i < used) {
      let from = src + <usize>i * rs;
      for (let p = 0; p < k; p++) {
        store<T>(to, load<T>(from));
        from += cs;
        to += step;
      }
    } else {
      for (let p = 0; p < k; p++) {
        store<T>(to, <T>0);
        to += step;
      }
    }
  }
}
