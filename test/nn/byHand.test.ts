/** Steps by hand: forward, a loss, backward, an update, with a constant rate or a schedule. */
import { memoryUsage, tensor } from "affine-wasm";
import {
  adam,
  cosine,
  dense,
  dropout,
  layerNorm,
  meanSquaredError,
  Sequential,
  sgd,
  softmaxCrossEntropy,
  steps,
} from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { floats, labels, network, weightsOf, x } from "../support/nn/byHand.js";

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
      new Error("backward: call forward first; a fit, or a forward that failed, has ended what the last one began"),
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
