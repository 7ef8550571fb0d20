import { register, restore } from "affine-wasm/tfjs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ACTIVATIONS,
  BACKENDS,
  difference,
  type Problem,
  randomNumbers,
  randomTensor,
  reference,
  tf,
} from "./setup.js";

/** Sizes of matrices: none, one, less than a tile, its edges, more than a block of rows. */
const SIZES = [0, 1, 1, 2, 3, 5, 8, 9, 17, 33, 100];
const BATCHES: [number[], number[]][] = [
  [[], []],
  [[3], [3]],
  [[3], [1]],
  [[1], [3]],
  [[4], []],
  [[], [4]],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [2, 1, 2],
    [3, 1],
  ],
  [[0], [1]],
];

/** Every transpose × batch for `matMul`, every transpose × bias × activation × batch that `fused.matMul` takes. */
function* problems(random: () => number, fused: boolean): Generator<Problem & { name: string }> {
  const size = () => SIZES[Math.floor(random() * SIZES.length)] as number;
  const flags = [false, true];
  for (const [aBatch, bBatch] of BATCHES) {
    // The op flattens its batches to one dimension, so there it can broadcast only all or nothing.
    if (fused && (aBatch.length > 1 || bBatch.length > 1) && String(aBatch) !== String(bBatch)) continue;
    for (const transposeA of flags) {
      for (const transposeB of flags) {
        for (const activation of fused ? Object.keys(ACTIVATIONS) : ["linear"]) {
          for (const biased of fused ? flags : [false]) {
            const [m, n, k] = [size(), size(), size()];
            const a = randomTensor(random, [...aBatch, ...(transposeA ? [k, m] : [m, k])]);
            const b = randomTensor(random, [...bBatch, ...(transposeB ? [n, k] : [k, n])]);
            const bias = biased ? randomTensor(random, [n]) : undefined;
            const name = `${activation} ${a.shape}${transposeA ? "ᵀ" : ""} · ${b.shape}${transposeB ? "ᵀ" : ""} ${biased}`;
            yield { name, a, b, transposeA, transposeB, bias, activation };
          }
        }
      }
    }
  }
}

/** The original kernels, which must not be asked while ours run. */
function spyOnOriginals(backendName: string): { calls: () => number } {
  restore();
  const originals = ["BatchMatMul", "_FusedMatMul"].map((name) => tf.getKernel(name, backendName));
  const spies = originals.map((config) => vi.spyOn(config, "kernelFunc"));
  register();
  return { calls: () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0) };
}

describe.each(BACKENDS)("on the %s backend", (backendName) => {
  beforeEach(async () => {
    await tf.setBackend(backendName);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    register();
  });

  it.each([1, 2, 3])("matMul computes every transpose and batch by itself, seed %i", (seed) => {
    const originals = spyOnOriginals(backendName);
    let cases = 0;
    tf.engine().startScope();
    for (const problem of problems(randomNumbers(seed), false)) {
      const got = tf.matMul(problem.a, problem.b, problem.transposeA, problem.transposeB);
      expect(difference(got, reference(problem)), problem.name).toBeNull();
      cases++;
    }
    tf.engine().endScope();
    expect(cases).toBe(44);
    expect(originals.calls()).toBe(0);
  });

  it.each([1, 2, 3])("fused.matMul adds the bias, then applies the activation, by itself, seed %i", (seed) => {
    const originals = spyOnOriginals(backendName);
    const random = randomNumbers(seed);
    let cases = 0;
    tf.engine().startScope();
    for (const problem of problems(random, true)) {
      const slopes = problem.activation === "prelu" ? randomTensor(random, [columns(problem)]) : undefined;
      const got = fused(problem, slopes);
      const expected = { ...problem, slopes: slopes?.dataSync() ?? new Array(columns(problem)).fill(0.3) };
      expect(difference(got, reference(expected)), problem.name).toBeNull();
      cases++;
    }
    tf.engine().endScope();
    expect(cases).toBe(8 * 4 * 7 * 2);
    expect(originals.calls()).toBe(0);
  });

  // Its own kernels are wrong, or refuse, in the other cases: a fused bias with transposes or batches on `wasm`, batches
  // that broadcast on both sides.
  it("agrees with the original kernels where these are right", () => {
    let cases = 0;
    tf.engine().startScope();
    for (const problem of problems(randomNumbers(4), true)) {
      const { a, b, transposeA, transposeB, bias } = problem;
      if (a.rank > 2 || b.rank > 2 || a.size === 0 || b.size === 0 || (bias && (transposeA || transposeB))) continue;
      const slopes =
        problem.activation === "prelu" ? randomTensor(randomNumbers(cases), [columns(problem)]) : undefined;
      const ours = fused(problem, slopes);
      restore();
      const original = fused(problem, slopes);
      register();
      expect(difference(ours, { shape: original.shape, values: original.dataSync() }), problem.name).toBeNull();
      cases++;
    }
    tf.engine().endScope();
    expect(cases).toBeGreaterThan(15);
  });

  it("leaves a result as it is when it computes the next, also a larger one", () => {
    tf.tidy(() => {
      const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const first = tf.matMul(a, a);
      tf.matMul(first, a);
      tf.matMul(tf.ones([400, 300]), tf.ones([300, 200]));
      expect([...first.dataSync()]).toEqual([7, 10, 15, 22]);
    });
  });

  it("takes what comes from the other backend", async () => {
    const other = BACKENDS.find((name) => name !== backendName) as string;
    await tf.setBackend(other);
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    await tf.setBackend(backendName);
    const originals = spyOnOriginals(backendName);
    expect([...tf.matMul(a, a).dataSync()]).toEqual([7, 10, 15, 22]);
    expect(originals.calls()).toBe(0);
  });

  it("is right after the memory has grown, and for NaN and infinities", () => {
    tf.tidy(() => {
      const small = tf.tensor2d([1, Number.NaN, Number.POSITIVE_INFINITY, 1], [2, 2]);
      const big = tf.ones([3000, 3000]);
      expect(
        tf
          .matMul(tf.ones([1, 3000]), big)
          .dataSync()
          .every((value) => value === 3000),
      ).toBe(true);
      const [p, q, r, s] = tf.matMul(small, tf.tensor2d([1, 0, 0, 1], [2, 2])).dataSync();
      expect([p, q, r, s]).toEqual([Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.NaN]);
    });
  });
});

function columns({ b, transposeB }: Problem): number {
  return b.shape.at(transposeB ? -2 : -1) as number;
}

function fused(problem: Problem, slopes: tf.Tensor | undefined): tf.Tensor {
  const { a, b, transposeA, transposeB, bias, activation } = problem;
  return tf.fused.matMul({
    a,
    b,
    transposeA,
    transposeB,
    activation: activation as tf.fused.Activation,
    leakyreluAlpha: 0.3,
    ...(bias && { bias }),
    ...(slopes && { preluActivationWeights: slopes }),
  });
}
