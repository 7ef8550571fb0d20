/** The losses and their gradients against plain float64 loops; correct rows, gathered rows. */
import { describe, expect, it } from "vitest";
import type { FloatArray } from "../../../src/common/dtype.js";
import { DTYPES, eachCase } from "../../support/cases.js";
import { type Block, integers, randoms, withBlocks } from "../../support/nn/blocks.js";
import { binaries, heap } from "../../support/nn/raw.js";
import { expectSameBits } from "../../support/reference.js";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const shapes: [rows: number, columns: number][] = [
  [0, 3],
  [1, 1],
  [3, 2],
  [7, 10],
  [2, 33],
];

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, bound: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const wanted = expected[i] as number;
    const error = Math.abs((actual[i] as number) - wanted);
    if (!(error <= bound * Math.max(1, Math.abs(wanted)))) expect.fail(`${what}: ${i} is ${actual[i]}, not ${wanted}`);
  }
}

/** Σ_j t[j]·(log Σ_k exp z[k] - z[j]) and its gradient, row by row. */
function crossEntropy(z: ArrayLike<number>, t: ArrayLike<number>, columns: number) {
  const dz = new Float64Array(z.length);
  let loss = 0;
  for (let at = 0; at < z.length; at += columns) {
    const row = Array.from({ length: columns }, (_, j) => z[at + j] as number);
    const targets = Array.from({ length: columns }, (_, j) => t[at + j] as number);
    const most = Math.max(...row);
    const sum = row.reduce((total, x) => total + Math.exp(x - most), 0);
    const weight = targets.reduce((total, x) => total + x, 0);
    row.forEach((x, j) => {
      const target = targets[j] as number;
      if (target !== 0) loss += target * (most + Math.log(sum) - x);
      dz[at + j] = (weight * Math.exp(x - most)) / sum - target;
    });
  }
  return { loss, dz };
}

describe.each(binaries)("nn-$name", ({ name, exports, kernels }) => {
  describe.each(DTYPES)("in %s", (dtype) => {
    const typed = kernels[dtype];
    const bound = dtype === "float32" ? 2e-6 : 1e-14;
    const scaled = (values: FloatArray | Float64Array, scale: number) => Float64Array.from(values, (x) => x * scale);

    it("softmax and its cross entropy, by label and by targets, over logits of every size", () => {
      eachCase(shapes, ([rows, columns]) => {
        eachCase([1, 30, 500], (size) => {
          const z = randoms(dtype, rows * columns, size, 7);
          const labels = Array.from({ length: rows }, (_, r) => (5 * r + 1) % columns);
          const oneHot = new Float64Array(rows * columns);
          labels.forEach((label, r) => {
            oneHot[r * columns + label] = 1;
          });
          const what = `${rows} × ${columns}, logits to ${size}`;
          const hard = crossEntropy(z, oneHot, columns);
          const soft = randoms(dtype, z.length, 1, 8).map((x, i) => (i % 3 ? Math.abs(x) : 0));
          const wanted = crossEntropy(z, soft, columns);
          const places = integers(labels);
          withBlocks(dtype, [z, soft, oneHot, z], (logits, targets, hot, out) => {
            const { at } = logits;
            const loss = typed.softmaxCrossEntropy(rows, columns, at, places.at, 0, 0.25, out.at);
            expectClose([loss], [hard.loss / 4], bound, `${what}: loss`);
            expectClose(out.inside(), scaled(hard.dz, 0.25), bound, `${what}: gradient`);
            expect(typed.softmaxCrossEntropy(rows, columns, at, places.at, 0, 0.25, 0)).toBe(loss);
            // By the labels as targets, the same.
            const other = typed.softmaxCrossEntropyTargets(rows, columns, at, hot.at, 0, 0.25, out.at);
            expectClose([other], [hard.loss / 4], bound, `${what}: loss of one-hot targets`);
            expectClose(out.inside(), scaled(hard.dz, 0.25), bound, `${what}: gradient of one-hot targets`);
            const third = typed.softmaxCrossEntropyTargets(rows, columns, at, targets.at, 0, 0.5, out.at);
            expectClose([third], [wanted.loss / 2], bound, `${what}: loss of targets of any sum`);
            expectClose(out.inside(), scaled(wanted.dz, 0.5), bound, `${what}: gradient of targets of any sum`);
            expect(typed.softmaxCrossEntropyTargets(rows, columns, at, targets.at, 0, 0.5, 0)).toBe(third);
            expectSameBits(logits.inside(), z, `${what}: the logits`);
            typed.softmax(rows, columns, at, out.at);
            const p = Float64Array.from(hard.dz, (x, i) => x + (oneHot[i] as number));
            expectClose(out.inside(), p, bound, `${what}: softmax`);
          });
          places.free();
        });
      });
    });

    it("cross entropies in place of the logits", () => {
      const z = randoms(dtype, 21, 3, 9);
      const t = randoms(dtype, 21, 1, 10).map(Math.abs);
      const places = integers([6, 0, 3]);
      const both = (call: (z: number, t: number, dz: number) => number) =>
        withBlocks(dtype, [z, t, z], (logits, targets, out) => {
          const loss = call(logits.at, targets.at, out.at);
          expect(call(logits.at, targets.at, logits.at)).toBe(loss);
          expectSameBits(logits.inside(), out.inside(), "gradient in place");
        });
      both((at, _t, dz) => typed.softmaxCrossEntropy(3, 7, at, places.at, 0, 1, dz));
      both((at, targets, dz) => typed.softmaxCrossEntropyTargets(3, 7, at, targets, 0, 1, dz));
      both((at, targets, dz) => typed.squaredError(1, 21, at, targets, 0, 1, dz));
      both((at, targets, dz) => typed.binaryCrossEntropyWithLogits(1, 21, at, targets, 0, 1, dz));
      places.free();
    });

    it("cross entropy: a logit of -Infinity has probability 0, and no loss where its target is 0; NaN shows", () => {
      const run = (values: number[], test: (z: Block<typeof dtype>, out: Block<typeof dtype>) => void) =>
        withBlocks(dtype, [values, values], test);
      const places = integers([1]);
      run([-infinity, 0, 0], (z, out) => {
        expect(typed.softmaxCrossEntropy(1, 3, z.at, places.at, 0, 1, out.at)).toBeCloseTo(Math.LN2, 14);
        expect([...out.inside()]).toEqual([0, -0.5, 0.5]);
        withBlocks(dtype, [[0, 1, 0]], (t) => {
          expect(typed.softmaxCrossEntropyTargets(1, 3, z.at, t.at, 0, 1, 0)).toBeCloseTo(Math.LN2, 14);
        });
      });
      run([0, -infinity, 0], (z, out) => {
        expect(typed.softmaxCrossEntropy(1, 3, z.at, places.at, 0, 1, out.at)).toBe(infinity);
        expect([...out.inside()]).toEqual([0.5, -1, 0.5]);
      });
      run([0, 0, nan], (z, out) => {
        expect(typed.softmaxCrossEntropy(1, 3, z.at, places.at, 0, 1, out.at)).toBe(nan);
        expect([...out.inside()]).toEqual([nan, nan, nan]);
      });
      places.free();
    });

    it("squared error", () => {
      eachCase([0, 1, 5, 40], (length) => {
        const [y, t] = [randoms(dtype, length, 3, 1), randoms(dtype, length, 3, 2)];
        const errors = Float64Array.from(y, (x, i) => x - (t[i] as number));
        const loss = errors.reduce((sum, e) => sum + (e * e) / 2, 0) * 0.3;
        withBlocks(dtype, [y, t, y], (output, target, dy) => {
          const actual = typed.squaredError(1, length, output.at, target.at, 0, 0.3, dy.at);
          expectClose([actual], [loss], bound, "loss");
          expectClose(dy.inside(), scaled(errors, 0.3), bound, "gradient");
          expect(typed.squaredError(1, length, output.at, target.at, 0, 0.3, 0)).toBe(actual);
        });
      });
    });

    it("binary cross entropy of logits, however large they are", () => {
      eachCase([0, 1, 5, 40], (length) => {
        eachCase([1, 30, 2000], (size) => {
          const z = randoms(dtype, length, size, 3);
          const t = randoms(dtype, length, 1, 4).map((x, i) => (i % 3 ? Math.abs(x) : (i / 3) & 1));
          let loss = 0;
          const dz = Float64Array.from(z, (x, i) => {
            const target = t[i] as number;
            loss += Math.max(x, 0) - x * target + Math.log1p(Math.exp(-Math.abs(x)));
            return 1 / (1 + Math.exp(-x)) - target;
          });
          withBlocks(dtype, [z, t, z], (logits, target, out) => {
            const actual = typed.binaryCrossEntropyWithLogits(1, length, logits.at, target.at, 0, 0.3, out.at);
            expectClose([actual], [loss * 0.3], bound, `loss of ${length}, logits to ${size}`);
            expectClose(out.inside(), scaled(dz, 0.3), bound, `gradient of ${length}, logits to ${size}`);
            expect(typed.binaryCrossEntropyWithLogits(1, length, logits.at, target.at, 0, 0.3, 0)).toBe(actual);
          });
        });
      });
    });

    it("binary cross entropy is accurate to its last places where it is log(1 + exp(-|z|)) alone", () => {
      const last = dtype === "float32" ? 2 ** -24 : 2 ** -53;
      // Every |z| from 0 to where the loss is exp(-|z|).
      const ran = eachCase(
        Array.from({ length: 200 }, (_, i) => -i / 8),
        (z) => {
          withBlocks(dtype, [[z], [0]], (logits, target) => {
            const expected = Math.log1p(Math.exp(z));
            const actual = typed.binaryCrossEntropyWithLogits(1, 1, logits.at, target.at, 0, 1, 0);
            if (!(Math.abs(actual / expected - 1) <= 6 * last)) expect.fail(`z = ${z}: ${actual}, not ${expected}`);
          });
        },
      );
      expect(ran).toBe(200);
    });

    it("the rows that are correct: the first maximum wins, and a row with a NaN has none", () => {
      const rows = [
        [1, 2, 3],
        [3, 2, 3],
        [3, 2, 3],
        [nan, 2, 1],
        [1, nan, 2],
        [0, -0, 0],
        [-infinity, -infinity, -infinity],
      ];
      const hit = [true, true, false, false, false, true, true];
      const labels = [2, 0, 2, 1, 2, 0, 0];
      rows.forEach((row, r) => {
        const places = integers([labels[r] as number]);
        withBlocks(dtype, [row], (z) => {
          expect(typed.countCorrect(1, 3, z.at, places.at), `row ${row}`).toBe(hit[r] ? 1 : 0);
        });
        places.free();
      });
      const places = integers(labels);
      withBlocks(dtype, [rows.flat()], (z) => expect(typed.countCorrect(7, 3, z.at, places.at)).toBe(4));
      places.free();
    });
  });

  it("gathers rows of any number of bytes, repeated and in any order", () => {
    const order = [4, 0, 0, 2];
    const places = integers(order);
    eachCase([0, 1, 3, 16, 40], (bytes) => {
      const [source, out] = [heap.allocate(5 * bytes), heap.allocate(4 * bytes + 1)];
      const from = new Uint8Array(heap.buffer, source, 5 * bytes).map((_, i) => i + 1);
      new Uint8Array(heap.buffer, source, 5 * bytes).set(from);
      const to = new Uint8Array(heap.buffer, out, 4 * bytes + 1).fill(255);
      exports.gatherRows(4, bytes, source, places.at, out);
      const expected = order.flatMap((row) => [...from.subarray(row * bytes, (row + 1) * bytes)]);
      expect([...to]).toEqual([...expected, 255]);
      heap.free(source);
      heap.free(out);
    });
    places.free();
  });

  it.runIf(name === "debug")("asserts what it cannot do", () => {
    const wrong = integers([-1, 3]);
    const { float32 } = kernels;
    withBlocks("float32", [[1, 2, 3]], ({ at }) => {
      const calls = [
        () => float32.activate(5, 3, at, at, 0),
        () => float32.activate(1, 3, at, at, 0),
        () => float32.activate(0, -1, at, at, 0),
        () => float32.activationGradient(-1, 3, at, at, at, 0),
        () => float32.softmaxCrossEntropy(1, 3, at, wrong.at, 0, 1, 0),
        () => float32.softmaxCrossEntropy(1, 3, at, wrong.at + 4, 0, 1, 0),
        () => float32.countCorrect(1, 3, at, wrong.at + 4),
        () => exports.gatherRows(1, 4, at, wrong.at, at),
        () => float32.sgd(-1, at, at, 0, 1, 0, 0, 0),
      ];
      eachCase(calls, (call) => expect(call, String(call)).toThrow(WebAssembly.RuntimeError));
    });
    wrong.free();
  });
});
