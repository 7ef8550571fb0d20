/** What outputs mean: probabilities, classes. */

import { readFloatArray } from "../common/arrays.js";
import { checkCount, checkMatrix, checkMultiple } from "../common/check.js";
import { type ArrayOf, type DType, dtypeOf, type FloatArray } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { TypedNnKernels } from "../kernels/nn/abi.js";
import { ACTIVATION_NAMES } from "../kernels/nn/activations.js";
import { copyOut, locateOwned, resultArray, Temporary } from "../memory/staging.js";
import { runtimeInUse } from "./runtime.js";

/**
 * Rows of logits as probabilities: `p[r][j] = exp(y[r][j]) / Σ_k exp(y[r][k])`.
 *
 * @param y rows × columns values
 * @param out where to put them; may be y; default: a new array
 * @throws TypeError, RangeError for an array or length that is none; ReferenceError for a view of a disposed tensor
 */
export function softmax<A extends FloatArray>(y: A, columns: number, out?: A): A {
  checkCount("softmax", "columns", columns);
  return compute("softmax", y, columns, out, (kernels, length, from, to) =>
    kernels.softmax(length / columns, columns, from, to),
  );
}

const SIGMOID = ACTIVATION_NAMES.indexOf("sigmoid");

/**
 * Logits as probabilities, each by itself: `1 / (1 + exp(-y))`.
 *
 * @param out where to put them; may be y; default: a new array
 * @throws as `softmax`
 */
export function sigmoid<A extends FloatArray>(y: A, out?: A): A {
  return compute("sigmoid", y, 1, out, (kernels, length, from, to) => kernels.activate(SIGMOID, length, from, to, 0));
}

/**
 * The column of the largest value of each row, the first of equals; of a row with NaN the first NaN, as NumPy has it.
 *
 * @param y rows × columns values
 * @throws as `softmax`
 */
export function argmax(y: FloatArray, columns: number): Int32Array {
  checkCount("argmax", "columns", columns);
  const values = readFloatArray("argmax", "y", y);
  checkMultiple("argmax", "y", values, columns, "columns");
  const heap = runtimeInUse().heap;
  locateOwned("argmax", "y", heap, values);
  return Int32Array.from({ length: values.length / columns }, (_, row) => {
    const from = row * columns;
    let best = 0;
    for (let j = 1; j < columns; j++) {
      const [value, most] = [values[from + j] as number, values[from + best] as number];
      if (value > most || (Number.isNaN(value) && !Number.isNaN(most))) best = j;
    }
    return best;
  });
}

function compute<A extends FloatArray>(
  caller: string,
  y: A,
  columns: number,
  out: A | undefined,
  run: (kernels: TypedNnKernels, length: number, from: Pointer, to: Pointer) => void,
): A {
  const values = readFloatArray(caller, "y", y);
  checkMultiple(caller, "y", values, columns, "columns");
  const dtype = dtypeOf(values);
  const { length } = values;
  const output = out === undefined ? undefined : readFloatArray(caller, "out", out);
  if (output) {
    if (dtypeOf(output) !== dtype) throw new TypeError(`${caller}: out must be of ${dtype}, as y is`);
    checkMatrix(caller, "out", output, "rows", length / columns, "columns", columns);
  }
  const { heap, kernels } = runtimeInUse();
  const place = locateOwned(caller, "y", heap, values);
  const outPlace = output ? locateOwned(caller, "out", heap, output) : NONE;
  const result = resultArray(caller, dtype, length, output as ArrayOf<DType> | undefined);
  // Computed apart from both, so that an output that overlaps the input is of no harm.
  const temporary = new Temporary(heap, dtype, caller);
  try {
    const at = place === NONE ? temporary.copyOf(values) : temporary.block(length);
    run(kernels[dtype], length, place || at, at);
    const live = heap.holds(result.buffer) || outPlace === NONE ? result : heap.view(dtype, outPlace, length);
    const written = copyOut(heap, dtype, at, length, live, NONE);
    return (out !== undefined && written === result ? out : written) as A;
  } finally {
    temporary.release();
  }
}
