/** The kernels but gemm, on raw memory: columns' sums, the mask of a gradient, multiples of an array. */
import { describe, expect, it } from "vitest";
import { elementBytes } from "../../src/common/dtype.js";
import { uniform } from "../../src/common/random.js";
import { DTYPES, eachCase, randomFrom } from "../support/cases.js";
import { guarded, poisonScratch } from "../support/guarded.js";
import { exports, kernels as kernelsOf, scratch } from "../support/raw.js";
import { expectWithinBound, product } from "../support/reference.js";

describe.each(DTYPES)("kernels in %s", (dtype) => {
  const kernels = kernelsOf[dtype];
  const bytes = elementBytes(dtype);

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

  it("fill an array with the numbers of a seed, and go on where they stopped", () => {
    eachCase([0, 1, 2, 3, 4, 5, 9, 1000], (length) => {
      eachCase([0, 1, 2 ** 31, 2 ** 32 - 1], (seed) => {
        const [first, second] = [guarded(dtype, length), guarded(dtype, length)];
        const state = kernels.uniform(length, seed, 0.3, first.at);
        kernels.uniform(length, state, 1e-7, second.at);
        const random = uniform(seed);
        const next = (limit: number) => first.inside().map(() => (2 * random() - 1) * limit);
        expect(first.inside()).toEqual(next(0.3));
        expect(second.inside()).toEqual(next(1e-7));
        for (const block of [first, second]) {
          block.expectCanaries();
          block.free();
        }
      });
    });
  });
});
