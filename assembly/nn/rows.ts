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

/** Copies bytes that do not overlap. */
export function copy(bytes: usize, source: usize, out: usize): void {
  memory.copy(out, source, bytes);
}

/** How many rows of `z` have their largest element, the first of equals, at their label. A row with a NaN has none. */
export function countCorrect<T extends number>(rows: i32, columns: i32, z: usize, labels: usize): i32 {
  assert(rows >= 0 && columns >= 0);
  const step = <usize>columns * sizeof<T>();
  let correct = 0;
  for (; rows > 0; rows--) {
    const label = load<i32>(labels);
    assert(<u32>label < <u32>columns);
    if (isLargest<T>(columns, z, label)) correct++;
    z += step;
    labels += 4;
  }
  return correct;
}

/** As `countCorrect`, the label of a row being where its largest target is. */
export function countCorrectTargets<T extends number>(rows: i32, columns: i32, z: usize, t: usize): i32 {
  assert(rows >= 0 && columns >= 0);
  const step = <usize>columns * sizeof<T>();
  let correct = 0;
  for (; rows > 0; rows--) {
    let label = 0;
    for (let j = 1; j < columns; j++) {
      if (load<T>(t + <usize>j * sizeof<T>()) > load<T>(t + <usize>label * sizeof<T>())) label = j;
    }
    if (isLargest<T>(columns, z, label)) correct++;
    z += step;
    t += step;
  }
  return correct;
}

/** How many elements of z are positive where t is above ½, and not where it is not. A NaN is neither. */
export function countCorrectSides<T extends number>(length: i32, z: usize, t: usize): i32 {
  assert(length >= 0);
  let correct = 0;
  for (; length > 0; length--) {
    const value = load<T>(z);
    if (load<T>(t) > <T>0.5 ? value > <T>0 : value <= <T>0) correct++;
    z += sizeof<T>();
    t += sizeof<T>();
  }
  return correct;
}

/** Whether the largest element, the first of equals, is that at `label`. */
function isLargest<T extends number>(columns: i32, z: usize, label: i32): bool {
  const right = load<T>(z + <usize>label * sizeof<T>());
  let largest = true;
  for (let j = 0; j < columns; j++) {
    const other = load<T>(z);
    // An element before the label must be smaller, one after it may be equal; no comparison holds for a NaN.
    if (!(j < label ? other < right : other <= right)) largest = false;
    z += sizeof<T>();
  }
  return largest;
}
