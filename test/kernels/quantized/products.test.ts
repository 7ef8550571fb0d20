/** Products of quantized rows and weights: exact integers, the promised bound, and the same bits from every build. */
import { describe, expect, it } from "vitest";
import { MOST_INPUTS, type QuantizedKernels } from "../../../src/kernels/quantized/abi.js";
import { eachCase, randomFrom } from "../../support/cases.js";
import { type QuantizedLayer, randomLayer, run, worstError } from "../../support/quantized/layers.js";
import { binaries } from "../../support/quantized/raw.js";
import { expectSameBits } from "../../support/reference.js";

const LAYERS = 10_000;

/** A layer whose numbers are integers already: the scales are 1. */
function integerLayer(
  m: number,
  n: number,
  k: number,
  x: (i: number, p: number) => number,
  w: (p: number, j: number) => number,
): QuantizedLayer {
  const inputs = Float32Array.from({ length: m * k }, (_, i) => x(Math.floor(i / k), i % k));
  const values = Int8Array.from({ length: k * n }, (_, i) => w(Math.floor(i / n), i % n));
  const scales = new Float32Array(n).fill(1);
  return { m, n, k, x: inputs, weight: Float32Array.from(values), values, scales, bias: null };
}

/** A short name of an array's bits. */
function hashOf(values: Float32Array): number {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(values.buffer)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

describe("quantized products", () => {
  it(`keep their bound for ${LAYERS} random layers, and have the same bits in every build`, () => {
    const random = randomFrom(18);
    const below = (limit: number) => 1 + Math.floor(((random() + 1) / 2) * limit);
    let worst = 0;
    const ran = eachCase(Array(LAYERS).keys(), (i) => {
      // Every tenth is larger than a tile in every direction.
      const [m, n, k] = i % 10 === 0 ? [below(30), below(60), below(150)] : [below(7), below(20), below(40)];
      const layer = randomLayer({ m, n, k }, random);
      let first: Float32Array | undefined;
      for (const { name, kernels } of binaries) {
        const { y, rangeScales, guarded } = run(kernels, layer);
        const where = `layer ${i}, ${m} × ${k} × ${n}, ${name}`;
        first ??= y;
        if (y !== first) expectSameBits(y, first, where);
        else worst = Math.max(worst, worstError(layer, y, rangeScales));
        if (worst > 1) throw new Error(`${where}: ${worst} of the bound`);
        if (!guarded) throw new Error(`${where}: wrote beyond its output`);
      }
    });
    expect(ran).toBe(LAYERS);
    // A bound that nothing comes near would prove little.
    expect(worst).toBeGreaterThan(0.5);
  }, 300_000);

  it("have the same bits on every engine", () => {
    const random = randomFrom(7);
    const hashes = Array.from({ length: 5 }, (_, i) => {
      const layer = randomLayer({ m: 1 + 9 * (i % 2), n: 37, k: 101 }, random);
      return binaries.map(({ kernels }) => hashOf(run(kernels, layer).y));
    });
    for (const each of hashes) expect(new Set(each).size).toBe(1);
    expect(hashes.map(([first]) => first)).toEqual([290254978, 2622751459, 1643423922, 602828774, 2232272509]);
  });

  it.each(binaries)("are exact in $name: integers from inputs that are integers of seven bits", ({ kernels }) => {
    const random = randomFrom(3);
    const integer = (most: number) => Math.floor(((random() + 1) / 2) * (most + 1));
    for (const m of [1, 2, 3, 4, 5, 6, 7, 13]) {
      for (const n of [1, 3, 4, 5, 8, 9, 31, 49]) {
        for (const k of [1, 2, 3, 4, 5, 15, 16, 17, 33]) {
          // With 127 and 0 in each row its scale is 1 and its zero 0.
          const layer = integerLayer(
            m,
            n,
            k,
            (_, p) => (p === 0 ? 127 : integer(127)),
            () => integer(254) - 127,
          );
          const { y } = run(kernels, layer);
          for (let i = 0; i < m; i++) {
            for (let j = 0; j < n; j++) {
              let sum = 0;
              for (let p = 0; p < k; p++) sum += (layer.x[i * k + p] as number) * (layer.values[p * n + j] as number);
              if (y[i * n + j] !== sum)
                throw new Error(`${m} × ${k} × ${n}: [${i}][${j}] is ${y[i * n + j]}, not ${sum}`);
            }
          }
        }
      }
    }
  });

  it.each(binaries)(
    "neither saturate nor overflow in $name with the largest numbers and the most of them",
    ({ kernels }) => {
      for (const sign of [1, -1]) {
        const layer = integerLayer(
          2,
          3,
          MOST_INPUTS,
          () => 127,
          () => sign * 127,
        );
        const { y } = run(kernels, layer);
        for (const each of y) expect(each).toBe(Math.fround(sign * 127 * 127 * MOST_INPUTS));
      }
      expect(127 * 127 * MOST_INPUTS).toBeLessThan(2 ** 31);
      expect(127 * 127 * (MOST_INPUTS + 1)).toBeGreaterThanOrEqual(2 ** 31 - 1);
    },
  );

  it.each(binaries)("of zeros are the bias in $name, exactly", ({ kernels }) => {
    const layer = randomLayer({ m: 5, n: 9, k: 7 }, randomFrom(5));
    const bias = Float32Array.from({ length: 9 }, (_, j) => j - 4.5);
    const { y } = run(kernels, { ...layer, bias, x: new Float32Array(35) });
    expect(y).toEqual(Float32Array.from({ length: 45 }, (_, i) => (i % 9) - 4.5));
    const none = run(kernels, { ...layer, bias: null, scales: new Float32Array(9), values: new Int8Array(63) });
    expect(none.y.every((each) => each === 0)).toBe(true);
  });

  it.each(binaries)(
    "of a row with a NaN or an infinity are NaN in $name, those of its neighbours are not",
    ({ kernels }) => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (const k of [1, 4, 16, 17, 40]) {
          for (const at of [0, k >> 1, k - 1]) {
            const layer = randomLayer({ m: 4, n: 11, k }, randomFrom(11));
            layer.x[2 * k + at] = bad;
            const { y } = run(kernels, layer, 1);
            for (const [i, each] of y.entries()) expect(Number.isNaN(each)).toBe(Math.floor(i / 11) === 2);
          }
        }
      }
    },
  );

  it.each(binaries)("keep their bound in $name for the largest and the smallest numbers", ({ kernels }) => {
    for (const [xSize, wSize] of [
      [3e38, 1e-30],
      [1e-30, 3e38],
      [1e-40, 1],
      [1e-45, 1e-45],
    ] as const) {
      const random = randomFrom(13);
      const weight = Float32Array.from({ length: 60 }, () => random() * wSize);
      const scales = Float32Array.from({ length: 6 }, (_, j) => {
        const column = weight.filter((_, i) => i % 6 === j).map(Math.abs);
        return Math.max(Math.max(...column) / 127, 2 ** -126);
      });
      const values = Int8Array.from(weight, (w, i) => Math.round(w / (scales[i % 6] as number)));
      const x = Float32Array.from({ length: 30 }, () => random() * xSize);
      const layer = { m: 3, n: 6, k: 10, x, weight, values, scales, bias: null };
      const { y, rangeScales } = run(kernels, layer);
      expect(worstError(layer, y, rangeScales)).toBeLessThanOrEqual(1);
    }
  });

  it.each(binaries)("rectify in $name where asked", ({ kernels }) => {
    const layer = randomLayer({ m: 7, n: 13, k: 21 }, randomFrom(17));
    const [plain, rectified] = [run(kernels, layer).y, run(kernels, layer, 1).y];
    expect(plain.some((each) => each < 0)).toBe(true);
    expect(rectified).toEqual(plain.map((each) => Math.max(0, each)));
  });

  it.each(binaries)("leave inputs and weights in $name as they were", ({ kernels }: { kernels: QuantizedKernels }) => {
    for (const sizes of [
      { m: 3, n: 1, k: 1 },
      { m: 1, n: 9, k: 7 },
      { m: 6, n: 16, k: 32 },
    ]) {
      const layer = { ...randomLayer(sizes, randomFrom(19)), bias: new Float32Array(sizes.n).fill(0.5) };
      const outcome = run(kernels, layer);
      for (const name of ["x", "values", "scales", "bias"] as const) expect(outcome[name]).toEqual(layer[name]);
    }
  });

  it.each(binaries)("have rows in $name that do not depend on the batch they are in", ({ kernels }) => {
    const layer = randomLayer({ m: 23, n: 19, k: 37 }, randomFrom(23));
    const { y } = run(kernels, layer);
    for (let i = 0; i < 23; i++) {
      const row = run(kernels, { ...layer, m: 1, x: layer.x.slice(i * 37, (i + 1) * 37) }).y;
      expectSameBits(row, y.slice(i * 19, (i + 1) * 19), `row ${i}`);
    }
  });
});
