/** Every kernel at every short length: the scalar and vector builds give the same bits and write nothing else. */
import { describe, expect, it } from "vitest";
import type { DType } from "../../../src/common/dtype.js";
import type { TypedNnKernels } from "../../../src/kernels/nn/abi.js";
import { ACTIVATION_NAMES } from "../../../src/kernels/nn/activations.js";
import { DTYPES, eachCase } from "../../support/cases.js";
import { integers, randoms, withBlocks } from "../../support/nn/blocks.js";
import { BINARIES, binaries } from "../../support/nn/raw.js";
import { expectSameBits } from "../../support/reference.js";

/** Calls a kernel with operands at `at`, each of `length` elements; returns its result, if it has one. */
type Call = (kernels: TypedNnKernels, length: number, at: readonly number[], labels: number) => number | undefined;

const call =
  (
    run: (
      kernels: TypedNnKernels,
      length: number,
      a: number,
      b: number,
      c: number,
      d: number,
      labels: number,
    ) => unknown,
  ): Call =>
  (kernels, length, [a = 0, b = 0, c = 0, d = 0], labels) =>
    run(kernels, length, a, b, c, d, labels) as number | undefined;

const CALLS: Record<string, Call> = {
  softmax: call((k, n, a, b) => k.softmax(1, n, a, b)),
  softmaxCrossEntropy: call((k, n, a, b, _c, _d, labels) =>
    n ? k.softmaxCrossEntropy(1, n, a, labels, 0, 0.7, b) : 0,
  ),
  "softmaxCrossEntropy, the loss alone": call((k, n, a, _b, _c, _d, labels) =>
    n ? k.softmaxCrossEntropy(1, n, a, labels, 0, 0.7, 0) : 0,
  ),
  softmaxCrossEntropyTargets: call((k, n, a, b, c) => k.softmaxCrossEntropyTargets(1, n, a, b, 0, 0.7, c)),
  squaredError: call((k, n, a, b, c) => k.squaredError(1, n, a, b, 0, 0.7, c)),
  binaryCrossEntropyWithLogits: call((k, n, a, b, c) => k.binaryCrossEntropyWithLogits(1, n, a, b, 0, 0.7, c)),
  huber: call((k, n, a, b, c) => k.huber(1, n, a, b, 0, 1.5, 0.7, c)),
  countCorrect: call((k, n, a, _b, _c, _d, labels) => (n ? k.countCorrect(1, n, a, labels) : 0)),
  countCorrectTargets: call((k, n, a, b) => k.countCorrectTargets(1, n, a, b)),
  countCorrectSides: call((k, n, a, b) => k.countCorrectSides(n, a, b)),
  layerNorm: call((k, n, a, b, c, d) => n && k.layerNorm(1, n, a, b, c, 1e-3, d, 0)),
  "layerNorm in place": call((k, n, a, b, c) => n && k.layerNorm(1, n, a, b, c, 1e-3, a, 0)),
  dropout: call((k, n, a, b) => k.dropout(1, n, a, 7, 2 ** 40 + 5, 2 ** 30, 1.25, b)),
  sgd: call((k, n, a, b) => k.sgd(n, a, b, 0, 0.1, 0, 0.01, 0)),
  "sgd with momentum": call((k, n, a, b, c) => k.sgd(n, a, b, c, 0.1, 0.9, 0.01, 0)),
  "sgd with Nesterov's momentum": call((k, n, a, b, c) => k.sgd(n, a, b, c, 0.1, 0.9, 0.01, 1)),
  // The squares of `c`, as second moments are not negative.
  adam: call((k, n, a, b, c, d) => k.adam(n, a, b, c, d, 0.1, 0.9, 0.99, 1e-6, 0.01, 0, 0.1, 0.01)),
  adamW: call((k, n, a, b, c, d) => k.adam(n, a, b, c, d, 0.1, 0.9, 0.99, 1e-6, 0.01, 1, 0.1, 0.01)),
  sumOfSquares: call((k, n, a) => k.sumOfSquares(n, a)),
  scale: call((k, n, a) => k.scale(n, 0.3, a)),
};
for (const [kind, name] of ACTIVATION_NAMES.entries()) {
  CALLS[name] = call((k, n, a, b) => k.activate(kind, n, a, b, 0.1));
  CALLS[`the gradient of ${name}`] = call((k, n, a, b, c) => k.activationGradient(kind, n, a, b, c, 0.1));
}

/** All that a call leaves behind: the four operands and the result. */
function outcome(dtype: DType, kernels: TypedNnKernels, run: Call, length: number, shift: number, size: number) {
  const operands = [1, 2, 3, 4].map((seed) => randoms(dtype, length, size, 40 * length + seed));
  operands[3] = (operands[3] as Float64Array).map(Math.abs);
  const labels = integers([Math.max(0, length - 1)]);
  const result = withBlocks(
    dtype,
    operands,
    (...blocks) => {
      const returned = run(
        kernels,
        length,
        blocks.map(({ at }) => at),
        labels.at,
      );
      return [...blocks.flatMap((each) => [...each.inside()]), returned ?? 0];
    },
    shift,
  );
  labels.free();
  return Float64Array.from(result);
}

describe.each(DTYPES)("in %s", (dtype) => {
  const scalar = binaries.find(({ name }) => name === "scalar")?.kernels[dtype] as TypedNnKernels;
  const vectors = binaries.filter(({ name }) => name !== "scalar");

  it.each(Object.entries(CALLS))("%s has the same bits in every build, wherever its operands lie", (_name, run) => {
    const lengths = Array.from({ length: 41 }, (_, i) => i);
    const ran = eachCase([...lengths, 203], (length) => {
      eachCase([3, 60], (size) => {
        const expected = outcome(dtype, scalar, run, length, 0, size);
        for (const { name, kernels } of vectors) {
          eachCase([0, 1, 3], (shift) => {
            const actual = outcome(dtype, kernels[dtype], run, length, shift, size);
            expectSameBits(actual, expected, `${name}, length ${length}, ${shift} elements off, values to ${size}`);
          });
        }
      });
    });
    expect(ran).toBe(42);
    expect(vectors.length).toBe(BINARIES.length - 1);
  });

  it("the builds are compared on more than NaN", () => {
    for (const run of Object.values(CALLS)) {
      expect(outcome(dtype, scalar, run, 203, 0, 3).every((value) => !Number.isNaN(value))).toBe(true);
    }
  });
});
