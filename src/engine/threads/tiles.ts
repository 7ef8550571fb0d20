/**
 * A product in tiles that threads compute apart, with the bits of the whole: each element is summed over all of k by one
 * thread, in the kernel's order. One exception makes a rule: one row of several, times a transposed B, would go the way of
 * `dot` (assembly), which sums in another order. So a tile has at least two rows, unless C has one.
 */
import type { Gemm, Pointer } from "../../kernels/abi.js";
import { JOB, TILES } from "./control.js";

/** C in so many rows and columns of tiles, cut at multiples of so many rows and columns of elements. */
export interface Cuts {
  readonly rows: number;
  readonly columns: number;
  readonly rowUnit: number;
  readonly columnUnit: number;
}

/** Every argument of a product but its scratch space. */
export type Product = Parameters<Gemm> extends [...infer All, Pointer] ? All : never;

/** What tiles have of their own: m, n, a, b, init, c; of the other arguments, JOB has the values of all tiles. */
const OWN = 8;

/** Writes a job. `kernel` is 2 · the number of the module, plus 1 for float64. */
export function writeJob(words: Int32Array, kernel: number, product: Product, cuts: Cuts): void {
  const [m, n, , a, rsa, , b, , csb, init, rsi, c, rsc] = product;
  const { rows, columns, rowUnit, columnUnit } = cuts;
  const size = kernel & 1 ? 8 : 4;
  words.set(product, JOB);
  words[JOB] = kernel; // in place of m
  for (let row = 0, at = TILES, top = 0; row < rows; row++) {
    const bottom = startOf(row + 1, rows, rowUnit, m);
    for (let column = 0, left = 0; column < columns; column++, at += OWN) {
      const right = startOf(column + 1, columns, columnUnit, n);
      words[at] = bottom - top;
      words[at + 1] = right - left;
      words[at + 2] = a + top * rsa;
      words[at + 3] = b + left * csb;
      words[at + 4] = init === 0 ? 0 : init + top * rsi + left * size;
      words[at + 5] = c + top * rsc + left * size;
      left = right;
    }
    top = bottom;
  }
}

/** Where part `i` of `parts` begins: at a whole number of units. The last one takes what is over. */
function startOf(i: number, parts: number, unit: number, length: number): number {
  return i === parts ? length : Math.floor((i * Math.floor(length / unit)) / parts) * unit;
}

/**
 * Computes a tile of the job that stands in `words`. `gemms` are the kernels of all modules, of each float32 and float64,
 * and `scratches` the scratch space for each module.
 */
export function computeTile(
  words: Int32Array,
  tile: number,
  gemms: readonly Gemm[],
  scratches: readonly Pointer[],
): void {
  const all = (i: number) => words[JOB + i] as number;
  const own = (i: number) => words[TILES + OWN * tile + i] as number;
  const kernel = all(0);
  const scratch = scratches[kernel >> 1] as Pointer;
  const gemm = gemms[kernel] as Gemm;
  gemm(
    own(0),
    own(1),
    all(2),
    own(2),
    all(4),
    all(5),
    own(3),
    all(7),
    all(8),
    own(4),
    all(10),
    own(5),
    all(12),
    all(13),
    scratch,
  );
}
