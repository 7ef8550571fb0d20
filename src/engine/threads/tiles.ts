/**
 * A product in tiles that threads compute apart, with the bits of the whole: each element is summed over all of k by one
 * thread, in the kernel's order. One exception makes a rule: one row of several, times a transposed B, would go the way of
 * `dot` (assembly), which sums in another order. So a tile has at least two rows, unless C has one.
 */
import type { Gemm } from "../../kernels/abi.js";
import { CALL, CALLS } from "./control.js";

/** C in so many rows and columns of tiles, cut at multiples of so many rows and columns of elements. */
export type Cuts = readonly [rows: number, columns: number, rowUnit: number, columnUnit: number];

/** The arguments of a product. */
export type Product = Parameters<Gemm>;

/** Writes the call for each tile. `kernel` is 2 · the number of the module, plus 1 for float64. */
export function writeCalls(
  calls: Float64Array,
  kernel: number,
  product: Product,
  [rows, columns, rowUnit, columnUnit]: Cuts,
): void {
  const [m, n, , a, rsa, , b, , csb, init, rsi, c, rsc] = product;
  const size = kernel & 1 ? 8 : 4;
  for (let row = 0, at = 0; row < rows; row++) {
    const top = startOf(row, rows, rowUnit, m);
    const height = startOf(row + 1, rows, rowUnit, m) - top;
    for (let column = 0; column < columns; column++, at += CALL) {
      const left = startOf(column, columns, columnUnit, n);
      const width = startOf(column + 1, columns, columnUnit, n) - left;
      // Word by word: lists would be left to the garbage collector, and take V8 a microsecond each.
      for (let i = 0; i < product.length; i++) calls[at + 1 + i] = product[i] as number;
      calls[at] = kernel;
      calls[at + 1] = height;
      calls[at + 2] = width;
      calls[at + 4] = a + top * rsa;
      calls[at + 7] = b + left * csb;
      calls[at + 10] = init && init + top * rsi + left * size;
      calls[at + 12] = c + top * rsc + left * size;
    }
  }
}

/** Where part `i` of `parts` begins: at a whole number of units. The last one takes what is over. */
export function startOf(i: number, parts: number, unit: number, length: number): number {
  return i === parts ? length : Math.floor((i * Math.floor(length / unit)) / parts) * unit;
}

/**
 * Computes a tile. `gemms` are the kernels of all modules, of each float32 and float64; `offsets` tell how far behind that
 * of the call this thread's scratch space lies, if not there.
 */
export function computeTile(
  calls: Float64Array,
  tile: number,
  gemms: readonly Gemm[],
  offsets: readonly number[],
): void {
  const at = CALLS + CALL * tile;
  const arg = (i: number) => calls[at + i] as number;
  const kernel = arg(0);
  const gemm = gemms[kernel] as Gemm;
  // Word by word: to pass an array takes V8 a microsecond.
  // biome-ignore format: operand by operand
  gemm(
    arg(1), arg(2), arg(3),
    arg(4), arg(5), arg(6),
    arg(7), arg(8), arg(9),
    arg(10), arg(11),
    arg(12), arg(13),
    arg(14), arg(15) + (offsets[kernel] ?? 0),
  );
}
