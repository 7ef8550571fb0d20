/**
 * What a compiled binary exports: the TypeScript side of `assembly/exports/affine.ts`. A test holds the two together.
 *
 * Pointers (`Pointer`) and strides are in bytes, counts in elements. A module owns no memory: it imports `env.memory`,
 * and whatever a call needs beyond its operands lies in the `scratchBytes` bytes that the caller passes as `scratch`.
 */
import { type ByType, type Exported, kernelsByType } from "./byType.js";

export type Pointer = number;

/** The pointer that stands for "none": no bias, no output wanted, not in the module's memory. */
export const NONE: Pointer = 0;

/** A number that the binary carries as an exported constant. */
export type Constant = WebAssembly.Global<"i32">;

/**
 * `C[i][j] = act( init + Σ_p A[i][p]·B[p][j] )` for C m × n, A m × k, B k × n.
 * `rsa csa rsb csb` are the strides of rows and columns: a transpose is a swap of the two. C has contiguous rows `rsc`
 * apart. `init` is read at `init + i·rsi + j·(element size)`: a bias (rsi = 0), C itself, or 0 for zeros.
 * `rectify` 1 applies max(0, x). C must not overlap A or B.
 */
// biome-ignore format: operand by operand
export type Gemm = (
  m: number, n: number, k: number,
  a: Pointer, rsa: number, csa: number,
  b: Pointer, rsb: number, csb: number,
  init: Pointer, rsi: number,
  c: Pointer, rsc: number,
  rectify: number, scratch: Pointer,
) => void;

/** `out[j] = init[j] + Σ_s src[s][j]`, `src` being m × n with rows `rs` bytes apart. */
export type ColumnSums = (
  m: number,
  n: number,
  src: Pointer,
  rs: number,
  init: Pointer,
  out: Pointer,
  scratch: Pointer,
) => void;

/** `out[i] = y[i] <= 0 ? 0 : dy[i]`; `out` may be `dy`. */
export type MaskGradient = (length: number, y: Pointer, dy: Pointer, out: Pointer) => void;

/** `y[i] += alpha·x[i]`. */
export type Axpy = (length: number, alpha: number, x: Pointer, y: Pointer) => void;

/**
 * `out[i] = (2·u - 1)·limit`, u the next numbers of `uniform(seed)` in `common/random.ts`, whose state is the seed at first.
 * Returns the state after the last.
 */
export type Uniform = (length: number, state: number, limit: number, out: Pointer) => number;

/** The kernels for one element type. */
export interface TypedKernels {
  readonly gemm: Gemm;
  readonly columnSums: ColumnSums;
  readonly maskGradient: MaskGradient;
  readonly axpy: Axpy;
  readonly uniform: Uniform;
}

/** The typed exports of a binary: `gemmF32`, `gemmF64`, and so on. */
export interface Kernels extends Exported<TypedKernels> {
  /** Which build it is: an index into `VARIANTS`. */
  readonly variant: Constant;
  readonly scratchBytes: Constant;
  /** Where products are cut, in elements: tests aim at these edges. */
  readonly mr: Constant;
  readonly nrF32: Constant;
  readonly nrF64: Constant;
  readonly kc: Constant;
  readonly mc: Constant;
  readonly nc: Constant;
}

/** The builds, by the number that each carries as its `variant`. */
export const VARIANTS = ["scalar", "simd", "relaxed", "wide"] as const;

/**
 * - `scalar`: plain WebAssembly, runs everywhere.
 * - `simd`: 128-bit SIMD; the same bits as `scalar`, on every machine.
 * - `relaxed`: fused multiply-add where the machine has it; bits may differ between machines.
 * - `wide`: as `relaxed`, with a tile twice as wide for engines told to fuse 128-bit operations into 256-bit ones. Slow on
 *   any other, so it is used only when asked for.
 */
export type Variant = (typeof VARIANTS)[number];

/** Groups a binary's exports by element type. */
export function typedKernels(kernels: Kernels): ByType<TypedKernels> {
  return kernelsByType<TypedKernels>(kernels);
}
