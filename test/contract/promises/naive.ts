/** Three loops in float64, for numbers whose sums are exact, and for what IEEE 754 makes of NaN and infinities. */
import type { Operands } from "./values.js";

/** act(init + A·B), in the order p = 0, 1, … */
export function naive(
  [m, n, k]: readonly [number, number, number],
  { a, b, init }: Operands,
  rectify = false,
): Float64Array {
  const result = Float64Array.from(init);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = init[i * n + j] as number;
      for (let p = 0; p < k; p++) sum += (a[i * k + p] as number) * (b[p * n + j] as number);
      result[i * n + j] = rectify && sum < 0 ? 0 : sum;
    }
  }
  return result;
}
