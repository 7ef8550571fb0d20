/** The check that a build must pass whose speed hangs on an experimental pass of the engine's compiler. */

import { DTYPES, type DType, elementBytes } from "../common/dtype.js";
import { repeatFor } from "../common/repeat.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Backend } from "./backend.js";

/** Long enough for the engine to replace its baseline code by the optimised code that is to be checked. */
const MILLISECONDS = 40;

/** Sizes that end in tiles of several heights and widths. */
const [M, N, K] = [13, 37, 40];

/** Whether products of small integers, which are exact in every variant, come out right, from the first call on. */
export function multipliesRight(backend: Backend): boolean {
  const { heap } = backend;
  const at: Pointer = heap.allocate((M * K + K * N + M * N) * 8);
  try {
    return repeatFor(MILLISECONDS, () => DTYPES.every((dtype) => productIsRight(backend, dtype, at)));
  } finally {
    heap.free(at);
  }
}

/** One product of operands at `a` and behind it. */
function productIsRight({ heap, kernels, scratch }: Backend, dtype: DType, a: Pointer): boolean {
  const size = elementBytes(dtype);
  const b = a + M * K * size;
  const c = b + K * N * size;
  const values = heap.view(dtype, a, M * K + K * N + M * N);
  values.forEach((_, i) => {
    values[i] = ((i * 7) % 17) - 8;
  });
  kernels[dtype].gemm(M, N, K, a, K * size, size, b, N * size, size, NONE, 0, c, N * size, 0, scratch);
  const at = (i: number) => values[i] as number;
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < N; j++) {
      let sum = 0;
      for (let p = 0; p < K; p++) sum += at(i * K + p) * at(M * K + p * N + j);
      if (at(M * K + K * N + i * N + j) !== sum) return false;
    }
  }
  return true;
}
