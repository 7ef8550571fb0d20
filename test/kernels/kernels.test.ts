/** The ABI by itself: kernels on raw memory, with strides, canaries and poisoned scratch. */
import { describe, expect, it } from "vitest";
import { elementBytes } from "../../src/common/dtype.js";
import { DTYPES, eachCase, randomFrom } from "../support/cases.js";
import { binary } from "../support/environment.js";
import { guarded, poisonScratch } from "../support/guarded.js";
import { exports, kernels as kernelsOf, scratch } from "../support/raw.js";
import { expectSameBits, expectWithinBound, product } from "../support/reference.js";

interface Layout {
  transposedA: boolean;
  transposedB: boolean;
  start: "zeros" | "row" | "rows" | "accumulate";
  /** Elements by which rows of C are further apart than they are long. */
  gap: number;
}

const layouts: Layout[] = [false, true].flatMap((transposedA) =>
  [false, true].flatMap((transposedB) =>
    (["zeros", "row", "rows", "accumulate"] as const).flatMap((start) =>
      [0, 3].map((gap) => ({ transposedA, transposedB, start, gap })),
    ),
  ),
);

const sizes: [number, number, number][] = [
  [1, 1, 1],
  [1, 37, 20],
  [2, 9, 0],
  [3, 17, 0],
  [3, 13, 5],
  [5, 7, 3],
  [9, 1, 7],
  [70, 1, 33],
  [7, 13, 11],
  [exports.mr.value * 5 + 1, exports.nrF32.value * 3 + 5, 30],
  [50, 3, exports.kc.value + 3],
  [exports.mc.value + 5, 21, 6],
  [3, exports.nc.value + 9, exports.kc.value + 1],
];

describe.each(DTYPES)("kernels in %s", (dtype) => {
  const kernels = kernelsOf[dtype];
  const bytes = elementBytes(dtype);

  it("return at once when C has no elements, however many rows or columns it has", () => {
    const most = 2 ** 31 - 1;
    kernels.gemm(0, most, 3, 64, 0, bytes, 64, 0, bytes, 0, 0, 64, 0, 0, scratch);
    kernels.gemm(most, 0, 3, 64, 0, bytes, 64, 0, bytes, 0, 0, 64, 0, 0, scratch);
    kernels.columnSums(most, 0, 64, 0, 0, 64, scratch);
  });

  it.runIf(binary === "debug")("trap on sizes below zero, in the debug build", () => {
    const calls = [
      () => kernels.gemm(-1, 1, 1, 64, 0, bytes, 64, 0, bytes, 0, 0, 64, 0, 0, scratch),
      () => kernels.gemm(1, 1, 1, 64, 0, bytes, 64, 0, bytes, 0, 0, 64, 0, 0, scratch + bytes),
      () => kernels.columnSums(1, -1, 64, 0, 0, 64, scratch),
      () => kernels.axpy(-1, 1, 64, 64),
      () => kernels.maskGradient(-1, 64, 64, 64),
      () => kernels.uniform(-1, 1, 1, 64),
    ];
    expect(eachCase(calls, (call) => expect(call).toThrow(WebAssembly.RuntimeError))).toBe(6);
  });

  it("multiply operands of any layout from any start, write every element of C and nothing else", () => {
    const random = randomFrom(7);
    eachCase(sizes, ([m, n, k]) => {
      eachCase(layouts, ({ transposedA, transposedB, start, gap }) => {
        // Rows of their own, for "rows": further apart than they are long.
        const rowStep = start === "rows" ? n + 2 : 0;
        const [a, b, row] = [guarded(dtype, m * k), guarded(dtype, k * n), guarded(dtype, m * rowStep + n)];
        const c = guarded(dtype, m * (n + gap));
        for (const array of [a.inside(), b.inside(), row.inside()])
          array.forEach((_, i) => {
            array[i] = random();
          });
        const before = Float64Array.from({ length: m * (n + gap) }, () =>
          start === "accumulate" ? random() : Number.NaN,
        );
        c.inside().set(dtype === "float32" ? Float32Array.from(before) : before);
        const started = c.inside().slice();
        const [rsa, csa] = transposedA ? [1, m] : [k, 1];
        const [rsb, csb] = transposedB ? [1, k] : [n, 1];
        poisonScratch();
        const init = { zeros: 0, row: row.at, rows: row.at, accumulate: c.at }[start];
        const rsi = (start === "accumulate" ? n + gap : rowStep) * bytes;
        const aOperand = [a.at, rsa * bytes, csa * bytes] as const;
        const bOperand = [b.at, rsb * bytes, csb * bytes] as const;
        kernels.gemm(m, n, k, ...aOperand, ...bOperand, init, rsi, c.at, (n + gap) * bytes, 0, scratch);
        const [A, B, R] = [a.inside(), b.inside(), row.inside()] as Float64Array[];
        const expected = product(
          m,
          n,
          k,
          (i, p) => A?.[i * rsa + p * csa] as number,
          (p, j) => B?.[p * rsb + j * csb] as number,
          (i, j) =>
            (({ zeros: 0, accumulate: started[i * (n + gap) + j] })[start as string] ?? R?.[i * rowStep + j]) as number,
        );
        const what = `C ${m}×${n}×${k} ${JSON.stringify({ transposedA, transposedB, start, gap })}`;
        const result = c.inside();
        const written = dtype === "float32" ? new Float32Array(m * n) : new Float64Array(m * n);
        for (let i = 0; i < m; i++) written.set(result.subarray(i * (n + gap), i * (n + gap) + n), i * n);
        expectWithinBound(written, expected, dtype, what);
        for (let i = 0; i < m; i++) {
          const between = [i * (n + gap) + n, (i + 1) * (n + gap)] as const;
          expectSameBits(result.subarray(...between), started.subarray(...between), `${what}: gap of row ${i}`);
        }
        for (const block of [a, b, row, c]) {
          block.expectCanaries();
          block.free();
        }
      });
    });
  });

  it("give a column of C the same bits, and a row, whatever else C holds", () => {
    const random = randomFrom(9);
    // Few columns, and few rows, are computed another way than many; sums of 1029 products are cut there.
    eachCase([[70, 5, 33] as const, [37, 1029, 33] as const], ([m, k, n]) => {
      const [a, b, start] = [guarded(dtype, m * k), guarded(dtype, k * n), guarded(dtype, m * n)];
      for (const array of [a.inside(), b.inside(), start.inside()])
        array.forEach((_, i) => {
          array[i] = random();
        });
      const [whole, part] = [guarded(dtype, m * n), guarded(dtype, m * n)];
      eachCase([false, true], (transposedA) => {
        eachCase([false, true], (accumulate) => {
          // Row i of A is its column where A is transposed; C starts from a row, or from what it holds.
          const aStrides = transposedA ? ([bytes, m * bytes] as const) : ([k * bytes, bytes] as const);
          const run = (c: number, rows: number, columns: number, i: number, j: number) => {
            const init = accumulate ? c : start.at + j * bytes;
            const rsi = accumulate ? n * bytes : 0;
            poisonScratch();
            const [atA, atB] = [a.at + i * aStrides[0], b.at + j * bytes];
            kernels.gemm(
              rows,
              columns,
              k,
              atA,
              ...aStrides,
              atB,
              n * bytes,
              bytes,
              init,
              rsi,
              c,
              n * bytes,
              0,
              scratch,
            );
          };
          whole.inside().set(start.inside() as never);
          run(whole.at, m, n, 0, 0);
          const check = (rows: number, columns: number, i: number, j: number) => {
            part.inside().set(start.inside() as never);
            const at = i * n + j;
            run(part.at + at * bytes, rows, columns, i, j);
            for (let r = 0; r < rows; r++) {
              const row = [at + r * n, at + r * n + columns] as const;
              const what = `${rows}×${columns}×${k} from ${i}, ${j} ${JSON.stringify({ transposedA, accumulate })}`;
              expectSameBits(part.inside().subarray(...row), whole.inside().subarray(...row), what);
            }
          };
          for (let columns = 1; columns < n; columns++) check(m, columns, 0, n - columns);
          // A row alone is summed in the same order too, as B is not transposed.
          for (let rows = 1; rows < 10; rows++) check(rows, n, m - rows, 0);
        });
      });
      for (const block of [a, b, start, whole, part]) {
        block.expectCanaries();
        block.free();
      }
    });
  });
});
