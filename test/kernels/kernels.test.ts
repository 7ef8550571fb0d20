/** The ABI by itself: kernels on raw memory, with strides, canaries and poisoned scratch. */
import { describe, expect, it } from "vitest";
import { type ArrayOf, type DType, elementBytes } from "../../src/common/dtype.js";
import { type Gemm, type Kernels, type TypedKernels, VARIANTS } from "../../src/kernels/abi.js";
import type { Exported } from "../../src/kernels/byType.js";
import { DTYPES, eachCase, randomFrom } from "../support/cases.js";
import { binary, compiled, variant } from "../support/environment.js";
import { exports, heap, kernels as kernelsOf, scratch } from "../support/raw.js";
import { expectSameBits, expectWithinBound, product } from "../support/reference.js";

/** A block with canaries on both sides; `inside` starts as NaN. */
function guarded<D extends DType>(dtype: D, length: number) {
  const guard = 16;
  const at = heap.allocate((length + 2 * guard) * elementBytes(dtype));
  const all = () => heap.view(dtype, at, length + 2 * guard);
  all().fill(12345);
  const inside = () => all().subarray(guard, guard + length) as ArrayOf<D>;
  inside().fill(Number.NaN);
  return {
    at: at + guard * elementBytes(dtype),
    inside,
    expectCanaries: () => {
      const canaries = [...all().subarray(0, guard), ...all().subarray(guard + length)];
      expect(canaries).toEqual(new Array(2 * guard).fill(12345));
    },
    free: () => heap.free(at),
  };
}

const scratchBytes = () => exports.scratchBytes.value;
const poisonScratch = () => heap.view("float32", scratch, scratchBytes() / 4).fill(Number.NaN);

interface Layout {
  transposedA: boolean;
  transposedB: boolean;
  start: "zeros" | "row" | "accumulate";
  /** Elements by which rows of C are further apart than they are long. */
  gap: number;
}

const layouts: Layout[] = [false, true].flatMap((transposedA) =>
  [false, true].flatMap((transposedB) =>
    (["zeros", "row", "accumulate"] as const).flatMap((start) =>
      [0, 3].map((gap) => ({ transposedA, transposedB, start, gap })),
    ),
  ),
);

const sizes: [number, number, number][] = [
  [1, 1, 1],
  [1, 37, 20],
  [2, 9, 0],
  [5, 7, 3],
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
    ];
    expect(eachCase(calls, (call) => expect(call).toThrow(WebAssembly.RuntimeError))).toBe(5);
  });

  it("multiply operands of any layout from any start, write every element of C and nothing else", () => {
    const random = randomFrom(7);
    eachCase(sizes, ([m, n, k]) => {
      eachCase(layouts, ({ transposedA, transposedB, start, gap }) => {
        const [a, b, row] = [guarded(dtype, m * k), guarded(dtype, k * n), guarded(dtype, n)];
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
        const init = { zeros: 0, row: row.at, accumulate: c.at }[start];
        const rsi = start === "accumulate" ? (n + gap) * bytes : 0;
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
          (i, j) => ({ zeros: 0, row: R?.[j], accumulate: started[i * (n + gap) + j] })[start] as number,
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

  it("sum columns, from zero or from what is there", () => {
    const random = randomFrom(8);
    const { nrF32 } = exports;
    eachCase([0, 1, 2, 5, 33], (m) => {
      eachCase([1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 70, nrF32.value * 17 + 3], (n) => {
        eachCase([false, true], (accumulate) => {
          const [src, out] = [guarded(dtype, m * n), guarded(dtype, n)];
          src.inside().forEach((_, i, array) => {
            array[i] = random();
          });
          if (accumulate) out.inside().fill(3);
          poisonScratch();
          kernels.columnSums(m, n, src.at, n * bytes, accumulate ? out.at : 0, out.at, scratch);
          const values = src.inside();
          const start = () => (accumulate ? 3 : 0);
          const expected = product(
            1,
            n,
            m,
            () => 1,
            (s, j) => values[s * n + j] as number,
            start,
          );
          expectWithinBound(out.inside(), expected, dtype, `column sums ${m}×${n}`);
          for (const block of [src, out]) {
            block.expectCanaries();
            block.free();
          }
        });
      });
    });
  });

  it("mask gradients: zero where y is zero or negative, the gradient where it is positive or NaN", () => {
    eachCase([0, 1, 3, 4, 5, 8, 11], (length) => {
      const [y, dy, out] = [guarded(dtype, length), guarded(dtype, length), guarded(dtype, length)];
      const pattern = [1, 0, -0, -2, Number.NaN];
      y.inside().forEach((_, i, array) => {
        array[i] = pattern[i % 5] as number;
      });
      dy.inside().forEach((_, i, array) => {
        array[i] = i + 1;
      });
      kernels.maskGradient(length, y.at, dy.at, out.at);
      const expected = Array.from({ length }, (_, i) => (i % 5 === 0 || i % 5 === 4 ? i + 1 : 0));
      expect([...out.inside()]).toEqual(expected);
      for (const block of [y, dy, out]) {
        block.expectCanaries();
        block.free();
      }
    });
  });

  it("add a multiple of one array to another", () => {
    eachCase([0, 1, 2, 3, 4, 5, 9], (length) => {
      const [x, y] = [guarded(dtype, length), guarded(dtype, length)];
      x.inside().forEach((_, i, array) => {
        array[i] = i;
      });
      y.inside().fill(10);
      kernels.axpy(length, -2, x.at, y.at);
      expect([...y.inside()]).toEqual(Array.from({ length }, (_, i) => 10 - 2 * i));
      for (const block of [x, y]) {
        block.expectCanaries();
        block.free();
      }
    });
  });
});

describe("the binary", () => {
  it("exports exactly what the ABI type lists", () => {
    // Object literals with an entry per key: the compiler refuses one too many or too few.
    const parameters: Record<keyof TypedKernels, number> = { gemm: 15, columnSums: 7, maskGradient: 4, axpy: 4 };
    const globals: Record<Exclude<keyof Kernels, keyof Exported<TypedKernels>>, "global"> = {
      variant: "global",
      scratchBytes: "global",
      mr: "global",
      nrF32: "global",
      nrF64: "global",
      kc: "global",
      mc: "global",
      nc: "global",
    };
    const listed = Object.entries(parameters).flatMap(([name, arity]) => [
      [`${name}F32`, arity],
      [`${name}F64`, arity],
    ]);
    // A wasm function's length is its arity.
    const exported = WebAssembly.Module.exports(compiled).map(({ name, kind }) => {
      return [name, kind === "function" ? (exports[name as keyof Kernels] as unknown as Gemm).length : kind];
    });
    expect(Object.fromEntries(exported)).toEqual({ ...globals, ...Object.fromEntries(listed) });
  });

  it("imports its memory and, but for the debug build's assertions, nothing else", () => {
    const imports = WebAssembly.Module.imports(compiled).map(({ module, name }) => `${module}.${name}`);
    expect(imports.filter((name) => binary !== "debug" || name !== "env.abort")).toEqual(["env.memory"]);
  });

  it("says which variant it is", () => {
    expect(VARIANTS[exports.variant.value]).toBe(variant);
  });
});
