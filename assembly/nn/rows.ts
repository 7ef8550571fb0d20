/** Kernels over the rows of a matrix. */

/** Copies rows of `bytes` bytes: out[r] = source[index[r]]. `out` must not overlap `source`. The indices are int32. */
export function gather(rows: i32, bytes: usize, source: usize, indices: usize, out: usize): void {
  assert(rows >= 0);
  for (; rows > 0; rows--) {
    assert(load<i32>(indices) >= 0);
    memory.copy(out, source + <usize>load<u32>(indices) * bytes, bytes);
    indices += 4;
    out += bytes;
  }
}

/** How many rows of `z` have their largest element, the first of equals, at their label. A row with a NaN has none. */
export function hits<T extends number>(rows: i32, columns: i32, z: usize, labels: usize): i32 {
  assert(rows >= 0 && columns >= 0);
  let count = 0;
  for (; rows > 0; rows--) {
    const label = load<i32>(labels);
    assert(<u32>label < <u32>columns);
    const right = load<T>(z + <usize>label * sizeof<T>());
    let hit = true;
    for (let j = 0; j < columns; j++) {
      const other = load<T>(z);
      // An element before the label must be smaller, one after it may be equal; no comparison holds for a NaN.
      if (!(j < label ? other < right : other <= right)) hit = false;
      z += sizeof<T>();
    }
    if (hit) count++;
    labels += 4;
  }
  return count;
}
