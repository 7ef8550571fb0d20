/** Losses by hand, of arrays that come from a network or from anywhere. */
import { tensor } from "affine-wasm";
import { binaryCrossEntropy, dense, huber, meanSquaredError, Sequential, softmaxCrossEntropy } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { eachCase, expectError, type Kind, wrong } from "../support/cases.js";
import { floats, labels, x } from "../support/nn/byHand.js";

describe("losses by hand", () => {
  it("are those of evaluate, weighted and not", () => {
    using net = new Sequential(5, [dense(3)], { dtype: "float64", seed: 2 });
    const data = Float64Array.from(x);
    const y = net.forward(data);
    const targets = Float64Array.from({ length: 60 }, (_, i) => (i % 5) / 5);
    const weights = Float64Array.from({ length: 20 }, (_, i) => (i % 4) - 1);
    const classWeights = [0.5, 2, 3];
    eachCase([softmaxCrossEntropy(), meanSquaredError(), binaryCrossEntropy(), huber({ delta: 0.3 })], (loss) => {
      expect(loss.of(y, { targets }).loss).toBeCloseTo(net.evaluate({ x: data, targets }, { loss }).loss, 13);
      const weighted = net.evaluate({ x: data, targets, weights }, { loss });
      expect(loss.of(y, { targets, weights }).loss).toBeCloseTo(weighted.loss, 13);
    });
    const loss = softmaxCrossEntropy();
    const wanted = net.evaluate({ x: data, labels, weights }, { classWeights });
    expect(loss.of(y, { labels, weights, classWeights }).loss).toBeCloseTo(wanted.loss, 13);
    // By the formula.
    let sum = 0;
    let total = 0;
    for (const [i, label] of labels.entries()) {
      const row = [...y.subarray(3 * i, 3 * i + 3)];
      const l = Math.log(row.reduce((s, v) => s + Math.exp(v), 0)) - (row[label] as number);
      sum += (weights[i] as number) * (classWeights[label] as number) * l;
      total += classWeights[label] as number;
    }
    expect(wanted.loss).toBeCloseTo(sum / total, 13);
  });

  it("put dy where it is wanted, also over y itself", () => {
    const y = floats(12);
    const given = { labels: [0, 1, 2, 0] };
    const { loss, dy } = softmaxCrossEntropy().of(y, given);
    expect(dy).not.toBe(y);
    using inside = tensor(12);
    inside.data.set(y);
    const data = inside.data;
    const again = softmaxCrossEntropy().of(data, given, data);
    expect(again.dy).toBe(data);
    expect(again.loss).toBe(loss);
    expect(data).toEqual(dy);
    expect(() => softmaxCrossEntropy().of(data.subarray(0, 9), { labels: [0, 1, 2] }, data.subarray(3, 12))).toThrow(
      new RangeError("softmaxCrossEntropy: out overlaps y in memory"),
    );
  });

  it("are 0, with a gradient of zeros, where nothing counts", () => {
    const y = floats(6);
    const { loss, dy } = softmaxCrossEntropy().of(y, { labels: [1, 1], classWeights: [1, 0, 1] });
    expect(loss).toBe(0);
    expect(dy).toEqual(new Float32Array(6));
  });

  it("name what is wrong", () => {
    const y = floats(12);
    const loss = softmaxCrossEntropy();
    eachCase<[() => unknown, Kind, string]>(
      [
        [() => loss.of(y, {}), TypeError, "softmaxCrossEntropy: there must be either labels or targets"],
        [() => meanSquaredError().of(y, { labels: [0] }), TypeError, "meanSquaredError: takes targets, not labels"],
        [
          () => loss.of(y, { labels: [0, 1, 2, 3, 0] }),
          RangeError,
          "softmaxCrossEntropy: y has 12 values, which are not 5 rows of equal length",
        ],
        [
          () => loss.of(y, { labels: [0, 1, 3, 0] }),
          RangeError,
          "softmaxCrossEntropy: labels[2] must be a class from 0 to 2, got 3",
        ],
        [
          () => loss.of(y, { targets: new Float32Array(12) }),
          TypeError,
          "softmaxCrossEntropy: columns must say how many columns y has, as in { targets, columns: 10 }: no network returned this array",
        ],
        [
          () => meanSquaredError().of(y, { targets: new Float32Array(11) }),
          RangeError,
          "meanSquaredError: targets has 11 values, expected 12, as many as y",
        ],
        [
          () => loss.of(y, { labels: [0, 1, 2, 0], weights: [1] }),
          RangeError,
          "softmaxCrossEntropy: weights has 1 values, expected 4 = examples",
        ],
        [
          () => loss.of(y, { labels: [0, 1, 2, 0] }, wrong(new Float64Array(12))),
          TypeError,
          "softmaxCrossEntropy: out must be of float32, as y is",
        ],
        [() => huber({ delta: 0 }), RangeError, "huber: delta must be above 0 in float32, got 0"],
      ],
      (each) => expectError(...each),
    );
  });
});
