/** Steps by hand: forward, a loss, backward, an update; for networks and for lists of layers. */
import { Affine, memoryUsage, tensor } from "affine-wasm";
import {
  adam,
  binaryCrossEntropy,
  cosine,
  dense,
  dropout,
  huber,
  layerNorm,
  meanSquaredError,
  Sequential,
  sgd,
  softmaxCrossEntropy,
  steps,
} from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { eachCase, expectError, type Kind, randomFrom, wrong } from "../support/cases.js";

const random = randomFrom(31);
const floats = (length: number) => Float32Array.from({ length }, random);
const network = (seed = 1) =>
  new Sequential(5, [dense(7, { activation: "silu" }), layerNorm({ activation: "elu" }), dropout(0.3), dense(3)], {
    seed,
  });
const weightsOf = (net: Sequential) => net.layers.map(({ weight, bias }) => [...(weight ?? []), ...(bias ?? [])]);

const x = floats(5 * 20);
const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 3);

describe("a step by hand", () => {
  it.each(["arrays", "tensors"])("gives the bits of fit with shuffle: false, on %s", async (where) => {
    using byFit = network();
    using net = network();
    const make = () => adam({ learningRate: 0.01, weightDecay: 0.01, clipNorm: 0.5 });
    const losses: number[] = [];
    const onBatch = ({ loss }: { loss: number }) => losses.push(loss);
    await byFit.fit({ x, labels }, { optimizer: make(), epochs: 3, batchSize: 8, shuffle: false, onBatch });
    const optimizer = make();
    const own: number[] = [];
    using inside = tensor(x.length);
    inside.data.set(x);
    using outputs = tensor(8 * 3);
    using gradient = tensor(8 * 3);
    for (let epoch = 0; epoch < 3; epoch++) {
      for (let from = 0; from < 20; from += 8) {
        const to = Math.min(20, from + 8);
        const [data, batch] = [where === "arrays" ? x : inside.data, labels.subarray(from, to)];
        const length = 3 * (to - from);
        const out = where === "arrays" ? undefined : outputs.data.subarray(0, length);
        const y = net.forward(data.subarray(5 * from, 5 * to), out);
        if (out) expect(y).toBe(out);
        const { loss, dy } = softmaxCrossEntropy().of(y, { labels: batch }, out && gradient.data.subarray(0, length));
        own.push(loss);
        expect(net.backward(dy, { inputGradient: false })).toBeNull();
        optimizer.step(net);
      }
    }
    expect(own).toEqual(losses);
    expect(weightsOf(net)).toEqual(weightsOf(byFit));
    expect(optimizer.stepCount).toBe(9);
  });

  it("of a batch in parts, with accumulate, has the gradients of the whole", () => {
    using net = new Sequential(5, [dense(7, { activation: "tanh" }), layerNorm(), dropout(0.3), dense(3)], {
      dtype: "float64",
      seed: 1,
    });
    using parts = new Sequential(5, [dense(7, { activation: "tanh" }), layerNorm(), dropout(0.3), dense(3)], {
      dtype: "float64",
      seed: 1,
    });
    const data = Float64Array.from(x);
    const y = net.forward(data);
    const dy = Float64Array.from(y, (v) => v / 20);
    const dx = net.backward(dy);
    const pieces: number[] = [];
    for (const [from, to] of [
      [0, 3],
      [3, 11],
      [11, 20],
    ] as const) {
      const part = parts.forward(data.subarray(5 * from, 5 * to));
      // Also in these parts, the rows have the same masks.
      expect(part).toEqual(y.subarray(3 * from, 3 * to));
      pieces.push(...parts.backward(dy.subarray(3 * from, 3 * to), { accumulate: from > 0 }));
    }
    for (const [i, layer] of net.layers.entries()) {
      const other = parts.layers[i];
      for (const [j, value] of (layer.dWeight ?? []).entries()) expect(other?.dWeight?.[j]).toBeCloseTo(value, 13);
      for (const [j, value] of (layer.dBias ?? []).entries()) expect(other?.dBias?.[j]).toBeCloseTo(value, 13);
    }
    expect(Float64Array.from(pieces)).toEqual(dx);
  });

  it("survives predict and evaluate between forward and backward, and is ended by a fit", async () => {
    using net = network();
    using same = network();
    const dy = new Float32Array(60).fill(0.1);
    same.forward(x);
    const expected = same.backward(dy);
    net.forward(x);
    net.predict(floats(5 * 300));
    net.evaluate({ x: floats(5 * 300), labels: new Uint8Array(300) });
    expect(net.backward(dy)).toEqual(expected);
    expect(net.layers[0].dWeight).toEqual(same.layers[0].dWeight);
    await net.fit({ x, labels }, { optimizer: sgd({ learningRate: 0.1 }) });
    expect(() => net.backward(dy)).toThrow(
      new Error("backward: call forward first; a fit has ended what the last one began"),
    );
  });

  it("takes gradients that were written, and leaves what is frozen", () => {
    using net = new Sequential(2, [dense(2), dense(1)], { seed: 1 });
    const before = weightsOf(net);
    net.layers[0].trainable = false;
    net.layers[0].dWeight.fill(1);
    net.layers[1].dWeight.fill(1);
    net.layers[1].dBias?.fill(-1);
    sgd({ learningRate: 0.5 }).step(net);
    expect(weightsOf(net)[0]).toEqual(before[0]);
    expect(weightsOf(net)[1]).toEqual(before[1]?.map((w, i) => Math.fround(w + (i < 2 ? -0.5 : 0.5))));
  });

  it("of tensors allocates nothing", () => {
    using net = network();
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
    const tensors = [tensor(100), tensor(60), tensor(60), tensor(100), tensor(60)];
    const [input, y, dy, dx, targets] = tensors as [(typeof tensors)[0], ...typeof tensors];
    input.data.set(x);
    const step = () => {
      net.forward(input.data, y?.data);
      meanSquaredError().of(y?.data as Float32Array, { targets: targets?.data as Float32Array }, dy?.data);
      net.backward(dy?.data as Float32Array, { out: dx?.data });
      optimizer.step(net);
    };
    step();
    const { used } = memoryUsage();
    for (let i = 0; i < 100; i++) step();
    expect(memoryUsage().used).toBe(used);
    for (const each of tensors) each.dispose();
  });
});

describe("a list of layers and networks", () => {
  it("is updated together: the same bits as one network, clipped by the norm of all", () => {
    using net = new Sequential(4, [dense(6, { activation: "relu" }), dense(3)], { seed: 1 });
    using first = new Affine(4, 6, { activation: "relu" });
    using second = new Affine(6, 3);
    first.weight.set(net.layers[0].weight);
    second.weight.set(net.layers[1].weight);
    const rule = () => adam({ learningRate: 0.05, clipNorm: 0.01 });
    const [one, list] = [rule(), rule()];
    const data = floats(4 * 8);
    const targets = floats(3 * 8);
    for (let i = 0; i < 5; i++) {
      const { dy } = meanSquaredError().of(net.forward(data), { targets });
      net.backward(dy);
      one.step(net);
      const y = second.forward(first.forward(data));
      const own = meanSquaredError().of(y, { targets });
      first.backward(second.backward(own.dy), { inputGradient: false });
      list.step([first, second]);
    }
    expect(first.weight).toEqual(net.layers[0].weight);
    expect(second.bias).toEqual(net.layers[1].bias);
    expect([...list.exportState().keys()]).toEqual([
      "mean.0.weight",
      "mean.0.bias",
      "mean.1.weight",
      "mean.1.bias",
      "meanSquare.0.weight",
      "meanSquare.0.bias",
      "meanSquare.1.weight",
      "meanSquare.1.bias",
    ]);
    list.dispose();
  });

  it("is bound by the first step; another list is refused, and so is what is no layer", () => {
    using net = network();
    using other = network();
    using layer = new Affine(2, 2);
    using optimizer = sgd({ learningRate: 0.1 });
    const ready = (each: Sequential<"float32", never>) => each;
    eachCase<[() => unknown, Kind, string]>(
      [
        [
          () => optimizer.step(wrong(7)),
          TypeError,
          "step: what is updated must be a Sequential or an Affine, got the number 7",
        ],
        [() => optimizer.step([]), RangeError, "step: the list is empty: there is nothing to update"],
        [() => optimizer.step(net), Error, "step: call backward first"],
        [() => optimizer.step([net, layer]), Error, "step: call backward first: [0] of the list has no gradients yet"],
        [() => optimizer.step([net, net]), RangeError, "step: [1] of the list is there twice"],
      ],
      (each) => expectError(...each),
    );
    expect(ready).toBeDefined();
    for (const each of [net, other]) {
      each.forward(x);
      each.backward(new Float32Array(60));
    }
    layer.forward(new Float32Array(2));
    layer.backward(new Float32Array(2));
    optimizer.step([net, layer]);
    optimizer.step([net, layer]);
    eachCase([() => optimizer.step([layer, net]), () => optimizer.step(net), () => optimizer.step(other)], (use) =>
      expect(use).toThrow(new Error("step: the optimizer belongs to another network or list; make one for each")),
    );
    expect(optimizer.stepCount).toBe(2);
    layer.dispose();
    expect(() => optimizer.step([net, layer])).toThrow(ReferenceError);
  });
});

describe("a schedule by hand", () => {
  it("reads stepCount, and throws where it needs the length of a run", () => {
    using net = network();
    net.forward(x);
    net.backward(new Float32Array(60).fill(0.1));
    const seen: number[] = [];
    const own = sgd({
      learningRate: (step) => {
        seen.push(step);
        return 0.1;
      },
    });
    for (let i = 0; i < 3; i++) own.step(net);
    expect(seen).toEqual([0, 1, 2]);
    sgd({ learningRate: cosine({ from: 0.1, steps: 10 }) }).step(net);
    sgd({ learningRate: steps({ from: 0.1, factor: 0.5, every: 10 }) }).step(net);
    const before = weightsOf(net);
    const lost = sgd({ learningRate: cosine({ from: 0.1 }) });
    expect(() => lost.step(net)).toThrow(/^step: the schedule depends on the length of a run.*steps: 1000/);
    expect(() => sgd({ learningRate: steps({ from: 1, factor: 1, everyEpochs: 1 }) }).step(net)).toThrow(/every: 100/);
    expect(() => sgd({ learningRate: () => Number.NaN }).step(net)).toThrow(RangeError);
    expect(lost.stepCount).toBe(0);
    expect(weightsOf(net)).toEqual(before);
  });
});

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
          "softmaxCrossEntropy: columns must say how many columns y has, as no network returned this array",
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

describe("wrong use of forward and backward", () => {
  it("is named, and leaves everything as it was", () => {
    using net = network();
    const before = weightsOf(net);
    const dy = new Float32Array(60);
    expect(() => net.backward(dy)).toThrow(new Error("backward: call forward first"));
    using inside = tensor(100);
    inside.data.set(x);
    net.forward(inside.data);
    eachCase<[() => unknown, Kind, string]>(
      [
        [
          () => net.backward(new Float32Array(59)),
          RangeError,
          "backward: dy has 59 values, expected 60 = batch 20 × outFeatures 3",
        ],
        [
          () => net.backward(dy, { out: new Float32Array(99) }),
          RangeError,
          "backward: out has 99 values, expected 100 = batch 20 × inFeatures 5",
        ],
        [() => net.backward(dy, { out: inside.data }), RangeError, "backward: out overlaps x in memory"],
        [
          () => net.backward(dy, wrong({ acumulate: true })),
          RangeError,
          'backward: options has no "acumulate"; there are inputGradient, accumulate, out',
        ],
        [() => net.forward(new Float32Array(0)), RangeError, "forward: x is empty"],
        [
          () => net.forward(x, new Float32Array(59)),
          RangeError,
          "forward: out has 59 values, expected 60 = rows 20 × outFeatures 3",
        ],
        [
          () => net.forward(inside.data.subarray(0, 5), net.layers[3].bias ?? undefined),
          RangeError,
          "forward: out overlaps the network's parameters in memory",
        ],
      ],
      (each) => expectError(...each),
    );
    expect(net.backward(dy)).toHaveLength(100);
    expect(weightsOf(net)).toEqual(before);
    inside.dispose();
    expect(() => net.backward(dy)).toThrow(
      new ReferenceError("backward: the last forward's x lies in memory that dispose() returned"),
    );
    net.dispose();
    expect(() => net.forward(x)).toThrow(new ReferenceError("forward: the network is used after dispose()"));
  });
});

it("copyFrom takes the weights of an equal network", () => {
  using net = network(1);
  using other = network(2);
  net.copyFrom(other);
  expect(weightsOf(net)).toEqual(weightsOf(other));
  using smaller = new Sequential(5, [dense(7)]);
  expect(() => net.copyFrom(smaller)).toThrow(
    new RangeError(
      "copyFrom: the other network has the layers 5 × 7, expected 5 × 7, layerNorm of 7, dropout of 7, 7 × 3",
    ),
  );
  expect(() => net.copyFrom(wrong({}))).toThrow(
    new TypeError("copyFrom: the other network must be a Sequential, got an Object"),
  );
});
