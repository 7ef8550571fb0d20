/** The outer product, k = 1: the weight gradient of a single row. Nothing is summed up, so C is written in one sweep. */
import { activationFloor, atLeast, madd, splat } from "../lanes/vector";

/**
 *     C[i][j] = act( init[i][j] + a[i]·b[j] ),   0 <= i < m,  0 <= j < n
 *
 * Parameters as for `gemm`; `csi` is the size of an element, or 0 where `init` is a vector of zeros.
 */
// biome-ignore format: operand by operand
export function outerProduct<T extends number, V>(
  m: i32, n: i32,
  a: usize, rsa: usize,
  b: usize,
  init: usize, rsi: usize, csi: usize,
  c: usize, rsc: usize,
  rectify: bool,
): void {
  const end = <usize>n * sizeof<T>();
  const initMask: usize = csi === 0 ? 0 : -1;
  const floor = activationFloor<T, V>(rectify);
  const floorOfOne = activationFloor<T, T>(rectify);
  for (; m > 0; m--) {
    const ai = load<T>(a);
    const av = splat<T, V>(ai);
    let at: usize = 0;
    for (; at + sizeof<V>() <= end; at += sizeof<V>()) {
      const sum = madd<T, V>(av, load<V>(b + at), load<V>(init + (at & initMask)));
      store<V>(c + at, atLeast<T, V>(sum, floor));
    }
    for (; at < end; at += sizeof<T>()) {
      const sum = madd<T, T>(ai, load<T>(b + at), load<T>(init + (at & initMask)));
      store<T>(c + at, atLeast<T, T>(sum, floorOfOne));
    }
    a += rsa;
    init += rsi;
    c += rsc;
  }
}
