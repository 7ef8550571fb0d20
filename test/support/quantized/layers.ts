/** Layers for the quantized kernels: their numbers, what the kernels make of them, and what is right. */
import type { QuantizedKernels } from "../../../src/kernels/quantized/abi.js";
import type { Random } from "../cases.js";
import { heap } from "./raw.js";

export interface QuantizedLayer {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly x: Float32Array;
  /** W as it was, k × n, and in integers: W[p][j] ≈ scales[j]·values[p·n + j]. */
  readonly weight: Float32Array;
  readonly values: Int8Array;
  readonly scales: Float32Array;
  readonly bias: Float32Array | null;
}

export interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** A layer of random numbers, of sizes that may be a long way from 1. */
export function randomLayer({ m, n, k }: Sizes, random: Random): QuantizedLayer {
  const size = (most: number) => 2 ** Math.round(random() * most);
  const [xSize, wSize] = [size(30), size(30)];
  const weight = Float32Array.from({ length: k * n }, () => random() * wSize);
  const shift = random();
  const x = Float32Array.from({ length: m * k }, (_, i) =>
    // Some rows are zeros, some positive.
    Math.floor(i / k) % 5 === 4 ? 0 : (random() + (shift > 0.5 ? 1 : 0)) * xSize,
  );
  if (shift < -0.8) for (let p = 0; p < k; p++) weight[p * n] = 0;
  const bias = shift > -0.5 ? Float32Array.from({ length: n }, () => random() * xSize * wSize) : null;
  return { m, n, k, x, weight, bias, ...inIntegers(weight, n) };
}

/** As `quantize` does it. */
function inIntegers(weight: Float32Array, n: number) {
  const scales = new Float32Array(n);
  for (const [i, w] of weight.entries()) scales[i % n] = Math.max(scales[i % n] as number, Math.abs(w));
  for (let j = 0; j < n; j++) scales[j] = Math.max((scales[j] as number) / 127, 2 ** -126);
  const values = Int8Array.from(weight, (w, i) =>
    Math.max(-127, Math.min(127, Math.round(w / (scales[i % n] as number)))),
  );
  return { scales, values };
}

/** What a binary makes of a layer; its blocks lie between guards, which must stay as they are. */
export function run(kernels: QuantizedKernels, layer: QuantizedLayer, rectify = 0) {
  const { m, n, k, x, values, scales, bias } = layer;
  const sizes = [
    x.byteLength,
    kernels.inputBytes(m, k) >>> 0,
    m * kernels.rangeBytes.value,
    kernels.weightBytes(n, k) >>> 0,
    values.length,
    4 * n,
    4 * n,
    4 * m * n,
    kernels.scratchBytes.value,
    values.length,
    4 * n,
    4 * n,
  ];
  const guard = 64;
  const whole = heap.allocate(sizes.reduce((sum, size) => sum + Math.ceil(size / 16) * 16 + guard, guard));
  const bytes = new Uint8Array(heap.buffer);
  let end = whole + guard;
  bytes.fill(0xa5, whole, end);
  const at = sizes.map((size) => {
    const from = end;
    bytes.fill(0xff, from, from + size);
    end = from + Math.ceil(size / 16) * 16 + guard;
    bytes.fill(0xa5, from + size, end);
    return from;
  }) as [number, number, number, number, number, number, number, number, number, number, number, number];
  const [xAt, quantized, ranges, packed, valuesAt, scalesAt, biasAt, y, scratch, values2, scales2, bias2] = at;
  const floats = (from: number, length: number) => new Float32Array(heap.buffer, from, length);
  floats(xAt, x.length).set(x);
  new Int8Array(heap.buffer, valuesAt, values.length).set(values);
  floats(scalesAt, n).set(scales);
  if (bias) floats(biasAt, n).set(bias);
  kernels.packWeights(n, k, valuesAt, scalesAt, bias ? biasAt : 0, packed);
  kernels.quantizeRows(m, k, xAt, quantized, ranges);
  kernels.multiply(m, n, k, quantized, ranges, packed, y, rectify, scratch);
  kernels.unpackWeights(n, k, packed, values2, scales2, bias2);
  const outcome = {
    y: floats(y, m * n).slice(),
    rangeScales: Float32Array.from({ length: m }, (_, i) => floats(ranges + 8 * i, 1)[0] as number),
    values: new Int8Array(heap.buffer, values2, values.length).slice(),
    scales: floats(scales2, n).slice(),
    bias: floats(bias2, n).slice(),
    x: floats(xAt, x.length).slice(),
    guarded: sizes.every((size, i) => {
      const from = (at[i] as number) + size;
      const to = (at[i] as number) + Math.ceil(size / 16) * 16 + guard;
      return bytes.subarray(from, to).every((byte) => byte === 0xa5);
    }),
  };
  heap.free(whole);
  return outcome;
}

/** The largest error of outputs, in parts of the bound that is promised; rounding is allowed for. */
export function worstError(layer: QuantizedLayer, y: Float32Array, rangeScales: Float32Array): number {
  const { m, n, k, x, weight, values, scales, bias } = layer;
  let worst = 0;
  for (let i = 0; i < m; i++) {
    let inputs = 0;
    for (let p = 0; p < k; p++) inputs += Math.abs(x[i * k + p] as number);
    for (let j = 0; j < n; j++) {
      const scale = scales[j] as number;
      let [exact, weights] = [0, 0];
      for (let p = 0; p < k; p++) {
        exact += (x[i * k + p] as number) * (weight[p * n + j] as number);
        weights += Math.abs(scale * (values[p * n + j] as number));
      }
      const shift = bias?.[j] ?? 0;
      const bound = 0.5 * scale * inputs + 0.5 * (rangeScales[i] as number) * weights;
      // Quantizing rounds to 2⁻¹⁶ of a step, what follows four times.
      const rounding = bound * 2 ** -12 + (Math.abs(exact) + Math.abs(shift)) * 2 ** -22 + k * 2 ** -134;
      const error = Math.abs((y[i * n + j] as number) - (exact + shift));
      worst = Math.max(worst, error / (bound + rounding));
    }
  }
  return worst;
}
