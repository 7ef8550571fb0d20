/** Every mistake is refused with a message that says what is wrong, before anything is written. */
import { binaryCrossEntropy, dense, type FitOptions, Sequential, sgd, softmaxCrossEntropy } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { eachCase, expectError, type Kind, wrong } from "../support/cases.js";

type Case = [() => unknown, Kind, string];

describe("what networks are given", () => {
  const x = new Float32Array(8); // four examples of two values
  const labels = [0, 1, 2, 0];
  const network = () => new Sequential(2, [dense(3)], { seed: 1 });
  const rule = () => ({ optimizer: sgd({ learningRate: 0.1 }) });

  it("arrays", () => {
    using net = network();
    const own = new Float32Array(24);
    eachCase<Case>(
      [
        [() => net.predict(wrong([1, 2])), TypeError, "predict: x must be a Float32Array, got an Array"],
        [() => net.predict(new Float32Array(3)), RangeError, "predict: x has 3 values, not a multiple of inFeatures 2"],
        [
          () => net.predict(x, new Float32Array(3)),
          RangeError,
          "predict: out has 3 values, expected 12 = rows 4 × outFeatures 3",
        ],
        [() => net.predict(own.subarray(0, 8), own.subarray(7, 19)), RangeError, "predict: out overlaps x in memory"],
        [() => net.evaluate(wrong(null)), TypeError, "evaluate: examples must be an object, got null"],
        [
          () => net.evaluate({ x, labels }, { batchSize: 0 }),
          RangeError,
          "evaluate: batchSize must be at least 1, got 0",
        ],
        [
          () => net.evaluate({ x, labels }, { loss: wrong(softmaxCrossEntropy) }),
          TypeError,
          "evaluate: loss must be a loss, such as softmaxCrossEntropy(), got a function",
        ],
      ],
      (each) => expectError(...each),
    );
  });

  it("examples and options of fit, before anything is written", () => {
    using net = network();
    const before = net.layers[0]?.weight.slice();
    const fit = (examples: unknown, options: unknown = rule()) => net.fit(wrong(examples), wrong(options));
    const withOptions = (options: Partial<Record<keyof FitOptions, unknown>> & Record<string, unknown>) =>
      fit({ x, labels }, { ...rule(), ...options });
    const targets = new Float32Array(12).fill(0.5);
    eachCase<Case>(
      [
        [() => fit({ labels }), TypeError, "fit: examples.x must be a Float32Array, got undefined"],
        [
          () => fit({ x: new Float64Array(8), labels }),
          TypeError,
          "fit: examples.x must be a Float32Array, got a Float64Array",
        ],
        [() => fit({ x: new Float32Array(0), labels: [] }), RangeError, "fit: examples.x is empty"],
        [
          () => fit({ x: new Float32Array(7), labels }),
          RangeError,
          "fit: examples.x has 7 values, not a multiple of inFeatures 2",
        ],
        [() => fit({ x }), TypeError, "fit: examples must have either labels or targets"],
        [() => fit({ x, labels, targets }), TypeError, "fit: examples must have either labels or targets"],
        [
          () => fit({ x, label: labels }),
          RangeError,
          'fit: examples has no "label"; there are x, labels, targets, weights',
        ],
        [() => fit({ x, labels: [0, 1] }), RangeError, "fit: examples.labels has 2 values, expected 4 = examples"],
        [
          () => fit({ x, labels: [0, 1, 3, 0] }),
          RangeError,
          "fit: examples.labels[2] must be a class from 0 to 2, got 3",
        ],
        [
          () => fit({ x, labels: [0, -1, 2, 0] }),
          RangeError,
          "fit: examples.labels[1] must be a class from 0 to 2, got -1",
        ],
        [
          () => fit({ x, labels: Float32Array.of(0, 1, 0.5, 0) }),
          RangeError,
          "fit: examples.labels[2] must be a class from 0 to 2, got 0.5",
        ],
        [
          () => fit({ x, labels: "0120" }),
          TypeError,
          "fit: examples.labels must be an array of class numbers, got a string",
        ],
        [
          () => fit({ x, targets: new Float32Array(11) }),
          RangeError,
          "fit: examples.targets has 11 values, expected 12 = examples 4 × outFeatures 3",
        ],
        [
          () => fit({ x, targets: targets.with(7, 1.5) }, { ...rule(), loss: binaryCrossEntropy() }),
          RangeError,
          "fit: examples.targets[7] must be a probability from 0 to 1, got 1.5",
        ],
        [
          () => withOptions({ loss: binaryCrossEntropy() }),
          TypeError,
          "fit: binaryCrossEntropy takes targets, not labels",
        ],
        [
          () => withOptions({ validation: { x, labels: [0, 1, 2, 9] } }),
          RangeError,
          "fit: validation.labels[3] must be a class from 0 to 2, got 9",
        ],
        [
          () => fit({ x, labels }, {}),
          TypeError,
          "fit: optimizer must be an optimizer, such as sgd({ learningRate: 0.1 }), got undefined",
        ],
        [() => withOptions({ batchSize: 0 }), RangeError, "fit: batchSize must be at least 1, got 0"],
        [() => withOptions({ epochs: 0 }), RangeError, "fit: epochs must be at least 1, got 0"],
        [() => withOptions({ shuffle: 1 }), TypeError, "fit: shuffle must be a boolean, got the number 1"],
        [
          () => withOptions({ seed: 0.5 }),
          RangeError,
          "fit: seed must be a whole number from 0 to 4294967295, got 0.5",
        ],
        [
          () => withOptions({ patience: 2 }),
          TypeError,
          "fit: patience needs validation, whose loss tells which epoch is the best",
        ],
        [
          () => withOptions({ restoreBest: true }),
          TypeError,
          "fit: restoreBest needs validation, whose loss tells which epoch is the best",
        ],
        [
          () => fit({ x, labels, weights: [1, 2] }),
          RangeError,
          "fit: examples.weights has 2 values, expected 4 = examples",
        ],
        [
          () => fit({ x, labels, weights: [1, Number.NaN, 1, 1] }),
          RangeError,
          "fit: examples.weights[1] must be a finite number, got NaN",
        ],
        [
          () => withOptions({ classWeights: [1, -1, 1] }),
          RangeError,
          "fit: classWeights[1] must be a finite number of at least 0, got -1",
        ],
        [
          () => fit({ x, targets }, { ...rule(), classWeights: [1, 1, 1] }),
          TypeError,
          "fit: classWeights needs labels, which say the class of an example",
        ],
        [
          () => fit({ x, labels, weights: [1, 1, 1, 1] }, { ...rule(), loss: () => 0 }),
          TypeError,
          "fit: examples.weights needs a ready loss; a loss of one's own weighs by itself",
        ],
        [() => withOptions({ onEpoch: 1 }), TypeError, "fit: onEpoch must be a function, got the number 1"],
        [() => withOptions({ signal: {} }), TypeError, "fit: signal must be an AbortSignal, got an Object"],
        [
          () => withOptions({ batch: 3 }),
          RangeError,
          'fit: options has no "batch"; there are optimizer, loss, classWeights, epochs, startEpoch, batchSize, shuffle, seed, validation, patience, restoreBest, onBatch, onEpoch, signal',
        ],
      ],
      (each) => expectError(...each),
    );
    expect(net.layers[0]?.weight).toEqual(before);
  });

  it("optimizers and states of another network, and rates that are none", async () => {
    using net = network();
    using other = new Sequential(2, [dense(4), dense(3)]);
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
    await net.fit({ x, labels }, { optimizer });
    const used = () => sgd({ learningRate: 0.1, momentum: 0.9 });
    const imported = used();
    imported.importState(optimizer.exportState(), 1);
    const state = (change: (map: Map<string, Float32Array>) => unknown) => {
      const map = new Map(optimizer.exportState()) as Map<string, Float32Array>;
      change(map);
      return () => optimizer.importState(map, 1);
    };
    eachCase<Case>(
      [
        [
          () => other.fit({ x, labels }, { optimizer }),
          Error,
          "fit: the optimizer belongs to another network; make one for each",
        ],
        [
          () => other.fit({ x, labels }, { optimizer: imported }),
          RangeError,
          'fit: state "momentum.0.weight" has 6 values, expected 8 = 0.weight',
        ],
        [
          state((map) => map.delete("momentum.0.bias")),
          RangeError,
          'importState: the state has no "momentum.0.bias"; it has "momentum.0.weight"',
        ],
        [
          state((map) => map.set("mean.0.bias", new Float32Array(3))),
          RangeError,
          'importState: "mean.0.bias" is no state of sgd',
        ],
        [
          state((map) => map.set("momentum.0.bias", wrong(new Float64Array(3)))),
          TypeError,
          'importState: state "momentum.0.bias" must be a Float32Array, got a Float64Array',
        ],
        [
          () => optimizer.importState(wrong({}), 1),
          TypeError,
          "importState: state must be a Map, as exportState returns, got an Object",
        ],
        [
          () => optimizer.importState(new Map(), -1),
          RangeError,
          "importState: stepCount must be a whole number from 0 to 9007199254740991, got -1",
        ],
      ],
      (each) => expectError(...each),
    );
    expect(optimizer.stepCount).toBe(1);
    // The one that did not fit is still good for the network that it came from.
    await net.fit({ x, labels }, { optimizer: imported });
    expect(imported.stepCount).toBe(2);
    const before = net.layers[0]?.weight.slice();
    const bad = sgd({ learningRate: () => Number.NaN });
    await expect(net.fit({ x, labels }, { optimizer: bad })).rejects.toThrow(
      new RangeError("fit: the learning rate must be at least 0 and finite in float32, got NaN at step 0"),
    );
    expect(net.layers[0]?.weight).toEqual(before);
  });
});
