/**
 * Cases with expected results from outside: ONNX, WebNN and the test suites of other frameworks. They are no part of this
 * project; CONFORMANCE_DATA names their folder. Affine cases go through the public API, those with a factor or a full C
 * matrix through the kernels, as `init + (alpha·A)·B` with `init = beta·C`.
 */
import { Affine, backward, forward } from "affine-wasm";
import { describe, expect, it } from "vitest";
import { ARRAYS, type ArrayOf, elementBytes } from "../../src/common/dtype.js";
import { conformanceFile } from "../support/environment.js";
import { heap, kernels, scratch } from "../support/raw.js";
import { product } from "../support/reference.js";

type Value = number | "NaN" | "Infinity" | "-Infinity";
interface Matrix {
  shape: number[];
  data: Value[];
}
interface Case {
  id: string;
  dtype: "float16" | "float32" | "float64";
  M: number;
  K: number;
  N: number;
  transA: boolean;
  transB: boolean;
  alpha: number;
  beta: number;
  cKind: "none" | "scalar" | "row" | "col" | "matrix";
  affine: boolean;
  a: Matrix;
  b: Matrix;
  c: Matrix | null;
  dy?: Matrix;
  expected: Partial<Record<"y" | "dx" | "dw" | "db" | "da" | "dbmat", Matrix>>;
  litDigits: number | null;
  postActivation?: "relu";
}

const files = { onnx_gemm: 41, webnn_gemm: 203, framework_golden: 104 };

/** Half an ulp of 1 in the type that the expected values were computed in. */
const UNIT = { float16: 2 ** -11, float32: 2 ** -24, float64: 2 ** -53 };

// There is no half-precision kernel: those cases are computed in float32, into which all their numbers fit.
const dtypeOfCase = (test: Case) => (test.dtype === "float64" ? "float64" : "float32");

function numbers(test: Case, matrix: Matrix): ArrayOf<"float32" | "float64"> {
  return ARRAYS[dtypeOfCase(test)].from(matrix.data.map(Number));
}

/** The transpose of a rows × columns matrix. */
function transpose<A extends Float32Array | Float64Array>(matrix: A, rows: number, columns: number): A {
  const result = matrix.slice();
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j] as number;
  return result as A;
}

/** op(a) as M × K and op(b) as K × N. */
function operands(test: Case) {
  const [a, b] = [numbers(test, test.a), numbers(test, test.b)];
  return {
    x: test.transA ? transpose(a, test.K, test.M) : a,
    weight: test.transB ? transpose(b, test.N, test.K) : b,
  };
}

/** Element (i, j) of beta·C, however C is shaped. */
function start({ cKind, c, beta, N }: Case): (i: number, j: number) => number {
  const data = c?.data.map(Number) ?? [];
  const index = {
    none: () => -1,
    scalar: () => 0,
    row: (_: number, j: number) => j,
    col: (i: number) => i,
    matrix: (i: number, j: number) => i * N + j,
  };
  return (i, j) => (cKind === "none" || beta === 0 ? 0 : beta * (data[index[cKind](i, j)] as number));
}

function computeY(test: Case): ArrayOf<"float32" | "float64"> {
  const { M, K, N } = test;
  const { x, weight } = operands(test);
  const dtype = dtypeOfCase(test);
  const shape = { batch: M, inFeatures: K, outFeatures: N };
  if (test.affine) {
    const c = test.c && numbers(test, test.c);
    const bias = c && (test.cKind === "scalar" ? new ARRAYS[dtype](N).fill(c[0] as number) : c);
    if (test.postActivation !== "relu") return forward({ x, weight, bias }, shape);
    using layer = new Affine(K, N, { activation: "relu" });
    layer.weight.set(weight);
    layer.bias?.set(bias ?? []);
    return layer.forward(x as Float32Array);
  }
  const bytes = elementBytes(dtype);
  const [a, b, y] = [M * K, K * N, M * N].map((length) => heap.allocate(length * bytes)) as [number, number, number];
  heap.view(dtype, a, M * K).set(x.map((value) => value * test.alpha));
  heap.view(dtype, b, K * N).set(weight);
  const from = start(test);
  heap.view(dtype, y, M * N).set(Array.from({ length: M * N }, (_, i) => from(Math.floor(i / N), i % N)));
  kernels[dtype].gemm(M, N, K, a, K * bytes, bytes, b, N * bytes, bytes, y, N * bytes, y, N * bytes, 0, scratch);
  const result = heap.view(dtype, y, M * N).slice();
  for (const at of [a, b, y]) heap.free(at);
  return result;
}

/**
 * Both sides may err by the contract's bound, plus two roundings for alpha and beta; published decimals by their last
 * digit, which gradients computed from them inherit.
 */
function expectClose(
  test: Case,
  what: string,
  actual: ArrayLike<number>,
  matrix: Matrix,
  k: number,
  magnitudes: Float64Array,
) {
  expect(actual.length, what).toBe(matrix.data.length);
  const relative = 2 * (k + 5) * UNIT[test.dtype] + (test.litDigits === null ? 0 : 10 ** (1 - test.litDigits));
  for (const [i, value] of matrix.data.entries()) {
    const expected = Number(value);
    if (!Number.isFinite(expected)) expect(actual[i], `${what}[${i}]`).toBe(expected);
    else
      expect(Math.abs((actual[i] as number) - expected), `${what}[${i}]`).toBeLessThanOrEqual(
        relative * (magnitudes[i] as number),
      );
  }
}

describe.each(Object.entries(files))("%s", (file, count) => {
  const text = conformanceFile(`${file}.json`);
  const { cases } = (text === null ? { cases: [] } : JSON.parse(text)) as { cases: Case[] };

  it.runIf(text !== null)(`holds ${count} cases`, () => expect(cases.length).toBe(count));

  it.each(cases)("$id", (test) => {
    const { M, K, N } = test;
    const { x, weight } = operands(test);
    let compared = 0;
    if (test.expected.y) {
      const forwardReference = product(
        M,
        N,
        K,
        (i, p) => test.alpha * (x[i * K + p] as number),
        (p, j) => weight[p * N + j] as number,
        start(test),
      );
      expectClose(test, "y", computeY(test), test.expected.y, K, forwardReference.magnitudes);
      compared++;
    }
    if (test.dy) {
      const dy = numbers(test, test.dy);
      const gradients = backward({ x, weight, dy }, { batch: M, inFeatures: K, outFeatures: N });
      const { dx, dw, db, da, dbmat } = test.expected;
      const dyAt = (s: number, j: number) => dy[s * N + j] as number;
      const ofX = product(
        M,
        K,
        N,
        dyAt,
        (j, i) => weight[i * N + j] as number,
        () => 0,
      ).magnitudes;
      const ofW = product(
        K,
        N,
        M,
        (i, s) => x[s * K + i] as number,
        dyAt,
        () => 0,
      ).magnitudes;
      const ofB = product(
        1,
        N,
        M,
        () => 1,
        dyAt,
        () => 0,
      ).magnitudes;
      // Cases in the stored layout give the gradient of a transposed operand transposed.
      const stored = <A extends Float32Array | Float64Array>(
        turned: boolean,
        array: A,
        rows: number,
        columns: number,
      ) => (turned ? transpose(array, rows, columns) : array);
      const checks = [
        ["dx", dx, gradients.dx, N, ofX],
        ["dw", dw, gradients.dWeight, M, ofW],
        ["db", db, gradients.dBias, M, ofB],
        ["da", da, stored(test.transA, gradients.dx, M, K), N, stored(test.transA, ofX, M, K)],
        ["dbmat", dbmat, stored(test.transB, gradients.dWeight, K, N), M, stored(test.transB, ofW, K, N)],
      ] as const;
      for (const [what, matrix, actual, k, magnitudes] of checks) {
        if (!matrix) continue;
        expectClose(test, what, actual, matrix, k, magnitudes);
        compared++;
      }
    }
    expect(compared).toBe(Object.keys(test.expected).length);
  });
});
