/**
 * What a binary of the quantized kernels exports: the TypeScript side of `assembly/exports/quantized.ts`. A test holds the
 * two together.
 *
 * As in `../abi.ts`, pointers are in bytes, counts in elements, matrices row-major and contiguous, and `NONE` stands for
 * "none". The module imports its memory and owns none.
 *
 *     W[p][j] ≈ scale[j]·ŵ[p][j],            ŵ int8, -127 … 127
 *     x[i][p] ≈ scale[i]·(q[i][p] - zero[i]), q, zero 0 … 127, from the row's own range
 *     y[i][j] = act( float(Σ_p (q[i][p] - zero[i])·ŵ[p][j])·(scale[i]·scale[j]) + b[j] )
 *
 * The sums are exact for k up to MOST_INPUTS, and no operation on floats is fused: every build gives the same bits, on
 * every machine. Then |y - exact| ≤ Σ_p (½·scale[j]·|x[i][p]| + ½·scale[i]·|scale[j]·ŵ[p][j]|), but for rounding.
 */
import type { Constant, Pointer } from "../abi.js";

/** The most inputs of a product: 127·127·k stays below 2³¹. */
export const MOST_INPUTS = 133_144;

export interface QuantizedKernels {
  /** Bytes of m quantized rows of k numbers. */
  readonly inputBytes: (m: number, k: number) => number;
  /** Bytes of packed weights, k × n, with scales and biases; signed, as all that is read from 32 bits. */
  readonly weightBytes: (n: number, k: number) => number;
  /**
   * Packs weights as this build wants them.
   *
   * @param values ŵ, k × n, int8
   * @param scales n float32
   * @param bias n float32, or NONE for zeros
   */
  readonly packWeights: (
    n: number,
    k: number,
    values: Pointer,
    scales: Pointer,
    bias: Pointer,
    packed: Pointer,
  ) => void;
  /** The same back again; `bias` must not be NONE. */
  readonly unpackWeights: (
    n: number,
    k: number,
    packed: Pointer,
    values: Pointer,
    scales: Pointer,
    bias: Pointer,
  ) => void;
  /** Quantizes m rows of k float32. A row with a NaN or an infinity has the scale NaN. */
  readonly quantizeRows: (m: number, k: number, x: Pointer, quantized: Pointer, ranges: Pointer) => void;
  /** @param rectify 1 for max(0, y) */
  readonly multiply: (
    m: number,
    n: number,
    k: number,
    quantized: Pointer,
    ranges: Pointer,
    packed: Pointer,
    y: Pointer,
    rectify: number,
    scratch: Pointer,
  ) => void;
  readonly scratchBytes: Constant;
  /** Bytes of a row's range. */
  readonly rangeBytes: Constant;
  /** Which build it is: an index into `QUANTIZED_VARIANTS`. */
  readonly variant: Constant;
}

/** The builds, by the number that each carries as its `variant`. */
export const QUANTIZED_VARIANTS = ["scalar", "simd", "relaxed"] as const;

export type QuantizedVariant = (typeof QUANTIZED_VARIANTS)[number];
