/** What the tests share: both backends, random tensors, and the product written as its definition. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";

export { tf };
export const BACKENDS = ["wasm", "cpu"] as const;

/** Mulberry32: numbers in [0, 1) that a seed determines. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomTensor(random: () => number, shape: number[]): tf.Tensor {
  const values = Float32Array.from(
    { length: shape.reduce((size, length) => size * length, 1) },
    () => random() * 2 - 1,
  );
  return tf.tensor(values, shape);
}

export const ACTIVATIONS: Record<string, (value: number, slope: number) => number> = {
  linear: (value) => value,
  relu: (value) => Math.max(0, value),
  relu6: (value) => Math.min(6, Math.max(0, value)),
  elu: (value) => (value >= 0 ? value : Math.expm1(value)),
  prelu: (value, slope) => (value >= 0 ? value : slope * value),
  leakyrelu: (value, slope) => (value >= 0 ? value : slope * value),
  sigmoid: (value) => 1 / (1 + Math.exp(-value)),
};

export interface Problem {
  a: tf.Tensor;
  b: tf.Tensor;
  transposeA: boolean;
  transposeB: boolean;
  bias?: tf.Tensor | undefined;
  activation?: keyof typeof ACTIVATIONS;
  /** For each column. */
  slopes?: ArrayLike<number>;
}

/** act( op(A)·op(B) + bias ) in float64, by indices: `shape` and `values`. */
export function reference({ a, b, transposeA, transposeB, bias, activation = "linear", slopes }: Problem): {
  shape: number[];
  values: number[];
} {
  const [m, k] = lastTwo(a.shape, transposeA);
  const [, n] = lastTwo(b.shape, transposeB);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, m, n];
  const [as, bs, biases] = [a.dataSync(), b.dataSync(), bias?.dataSync()];
  const values: number[] = [];
  const visit = (index: number[]) => {
    if (index.length < batch.length) {
      for (let i = 0; i < (batch[index.length] as number); i++) visit([...index, i]);
      return;
    }
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = biases?.[j] ?? 0;
        for (let p = 0; p < k; p++) {
          const left = as[offset(a.shape, index, transposeA ? [p, i] : [i, p])] as number;
          sum += left * (bs[offset(b.shape, index, transposeB ? [j, p] : [p, j])] as number);
        }
        values.push((ACTIVATIONS[activation] as (typeof ACTIVATIONS)[string])(sum, slopes?.[j] ?? 0));
      }
    }
  };
  visit([]);
  return { shape, values };
}

function lastTwo(shape: number[], transpose: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transpose ? [columns, rows] : [rows, columns];
}

/** Where element (…index, …place) of a broadcast tensor lies. */
function offset(shape: number[], index: number[], place: [number, number]): number {
  const full = [...index.slice(index.length - (shape.length - 2)), ...place];
  return shape.reduce((at, length, d) => at * length + (length === 1 ? 0 : (full[d] as number)), 0);
}

/** The first value that differs by more than rounding can explain, or null. */
export function difference(got: tf.Tensor, expected: { shape: number[]; values: ArrayLike<number> }): string | null {
  if (String(got.shape) !== String(expected.shape)) return `shape ${got.shape}, expected ${expected.shape}`;
  const values = got.dataSync();
  for (let i = 0; i < values.length; i++) {
    const [value, wanted] = [values[i] as number, expected.values[i] as number];
    if (!(Math.abs(value - wanted) <= 2e-5 * (1 + Math.abs(wanted)))) return `[${i}] is ${value}, expected ${wanted}`;
  }
  return values.length === expected.values.length ? null : `${values.length} values`;
}
