/** Every mistake is refused with a message that says what is wrong, before anything is written. */
import {
  adam,
  adamW,
  binaryCrossEntropy,
  cosine,
  dense,
  type FitOptions,
  Sequential,
  sgd,
  softmaxCrossEntropy,
  steps,
} from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { eachCase } from "../cases.js";

/** What a type checker would refuse. */
const wrong = (value: unknown) => value as never;

type Case = [() => unknown, new (message: string) => Error, string];

function expectErrors(cases: Case[]): void {
  eachCase(cases, ([call, Type, message]) => expect(call, message).toThrow(new Type(message)));
}

describe("what networks are made of", () => {
  it("layers and networks", () => {
    expectErrors([
      [() => dense(0), RangeError, "dense: outFeatures must be at least 1, got 0"],
      [() => dense(1.5), RangeError, "dense: outFeatures must be a whole number from 0 to 2147483647, got 1.5"],
      [() => dense(wrong("3")), TypeError, "dense: outFeatures must be a number, got a string"],
      [
        () => dense(3, wrong({ activaton: "relu" })),
        RangeError,
        'dense: options has no "activaton"; there are activation, bias, initializer',
      ],
      [
        () => dense(3, { activation: wrong("swish") }),
        RangeError,
        'dense: activation must be one of "none", "relu", "sigmoid", "tanh", "gelu", got "swish"',
      ],
      [
        () => dense(3, { activation: wrong({ slope: 1 }) }),
        RangeError,
        'dense: activation has no "slope"; there are leakyRelu',
      ],
      [
        () => dense(3, { activation: { leakyRelu: -1 } }),
        RangeError,
        "dense: activation.leakyRelu must be at least 0 and a finite number, got -1",
      ],
      [
        () => dense(3, { activation: { leakyRelu: 1e-60 } }),
        RangeError,
        "dense: activation.leakyRelu must be above 0, got 1e-60",
      ],
      [() => dense(3, { bias: wrong(1) }), TypeError, "dense: bias must be a boolean, got the number 1"],
      [
        () => dense(3, { initializer: wrong("lecun") }),
        RangeError,
        'dense: initializer must be one of "glorotUniform", "glorotNormal", "heUniform", "heNormal", "torchUniform", "zeros", got "lecun"',
      ],
      [() => new Sequential(0, [dense(1)]), RangeError, "Sequential: inFeatures must be at least 1, got 0"],
      [() => new Sequential(1, []), RangeError, "Sequential: layers is empty"],
      [
        () => new Sequential(1, wrong(dense(1))),
        TypeError,
        "Sequential: layers must be an array of dense(…), got a Dense",
      ],
      [
        () => new Sequential(1, [wrong({ outFeatures: 3 })]),
        TypeError,
        "Sequential: layers[0] must be a dense(…), got an Object",
      ],
      [
        () => new Sequential(1, [dense(1)], wrong({ type: "float32" })),
        RangeError,
        'Sequential: options has no "type"; there are dtype, seed',
      ],
      [
        () => new Sequential(1, [dense(1)], { dtype: wrong("float16") }),
        RangeError,
        'Sequential: dtype must be one of "float32", "float64", got "float16"',
      ],
      [
        () => new Sequential(1, [dense(1)], { seed: -1 }),
        RangeError,
        "Sequential: seed must be a whole number from 0 to 4294967295, got -1",
      ],
    ]);
  });

  it("optimizers and schedules", () => {
    expectErrors([
      [() => sgd(wrong(0.1)), TypeError, "sgd: options must be an object, got the number 0.1"],
      [() => sgd(wrong({})), TypeError, "sgd: learningRate must be a number or a schedule, got undefined"],
      [() => sgd({ learningRate: -1 }), RangeError, "sgd: learningRate must be at least 0 and a finite number, got -1"],
      [() => sgd({ learningRate: 1, momentum: 1 }), RangeError, "sgd: momentum must be at least 0 and below 1, got 1"],
      [() => sgd({ learningRate: 1, nesterov: true }), RangeError, "sgd: nesterov needs a momentum"],
      [
        () => sgd(wrong({ rate: 1 })),
        RangeError,
        'sgd: options has no "rate"; there are learningRate, weightDecay, clipNorm, momentum, nesterov',
      ],
      [
        () => sgd({ learningRate: 1, clipNorm: 0 }),
        RangeError,
        "sgd: clipNorm must be at least 5e-324 and a finite number, got 0",
      ],
      [
        () => adam({ learningRate: 1, beta1: Number.NaN }),
        RangeError,
        "adam: beta1 must be at least 0 and below 1, got NaN",
      ],
      [
        () => adamW({ learningRate: 1, weightDecay: wrong("1") }),
        TypeError,
        "adamW: weightDecay must be a number, got a string",
      ],
      [() => cosine(wrong({})), TypeError, "cosine: from must be a number, got undefined"],
      [
        () => cosine({ from: 1, steps: 3, epochs: 1 }),
        RangeError,
        "cosine: steps and epochs say the same thing: give one",
      ],
      [
        () => cosine({ from: 1, warmup: -3 }),
        RangeError,
        "cosine: warmup must be a whole number from 0 to 2147483647, got -3",
      ],
      [() => steps({ from: 1, factor: 0.5 }), TypeError, "steps: every or everyEpochs must say how long a rate holds"],
      [() => steps({ from: 1, factor: 0.5, every: 0 }), RangeError, "steps: every must be at least 1, got 0"],
    ]);
  });
});

describe("what networks are given", () => {
  const x = new Float32Array(8); // four examples of two values
  const labels = [0, 1, 2, 0];
  const network = () => new Sequential(2, [dense(3)], { seed: 1 });
  const rule = () => ({ optimizer: sgd({ learningRate: 0.1 }) });

  it("arrays", () => {
    using net = network();
    const own = new Float32Array(24);
    expectErrors([
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
        "evaluate: loss must be a loss, such as softmaxCrossEntropy()",
      ],
    ]);
  });

  it("examples and options of fit, before anything is written", () => {
    using net = network();
    const before = net.layers[0]?.weight.slice();
    const fit = (examples: unknown, options: unknown = rule()) => net.fit(wrong(examples), wrong(options));
    const withOptions = (options: Partial<Record<keyof FitOptions, unknown>> & Record<string, unknown>) =>
      fit({ x, labels }, { ...rule(), ...options });
    const targets = new Float32Array(12).fill(0.5);
    expectErrors([
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
      [() => fit({ x, label: labels }), RangeError, 'fit: examples has no "label"; there are x, labels, targets'],
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
        "fit: optimizer must be an optimizer, such as sgd({ learningRate: 0.1 })",
      ],
      [() => withOptions({ batchSize: 0 }), RangeError, "fit: batchSize must be at least 1, got 0"],
      [() => withOptions({ epochs: 0 }), RangeError, "fit: epochs must be at least 1, got 0"],
      [() => withOptions({ shuffle: 1 }), TypeError, "fit: shuffle must be a boolean, got the number 1"],
      [() => withOptions({ seed: 0.5 }), RangeError, "fit: seed must be a whole number from 0 to 4294967295, got 0.5"],
      [() => withOptions({ onEpoch: 1 }), TypeError, "fit: onEpoch must be a function, got the number 1"],
      [() => withOptions({ signal: {} }), TypeError, "fit: signal must be an AbortSignal, got an Object"],
      [
        () => withOptions({ batch: 3 }),
        RangeError,
        'fit: options has no "batch"; there are optimizer, loss, epochs, startEpoch, batchSize, shuffle, seed, validation, onBatch, onEpoch, signal',
      ],
    ]);
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
    expectErrors([
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
      [state((map) => map.delete("momentum.0.bias")), RangeError, 'importState: the state has no "momentum.0.bias"'],
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
        "importState: state must be a Map, as exportState returns",
      ],
      [
        () => optimizer.importState(new Map(), -1),
        RangeError,
        "importState: stepCount must be a whole number from 0 to 9007199254740991, got -1",
      ],
    ]);
    expect(optimizer.stepCount).toBe(1);
    // The one that did not fit is still good for the network that it came from.
    await net.fit({ x, labels }, { optimizer: imported });
    expect(imported.stepCount).toBe(2);
    const before = net.layers[0]?.weight.slice();
    const bad = sgd({ learningRate: () => Number.NaN });
    await expect(net.fit({ x, labels }, { optimizer: bad })).rejects.toThrow(
      new RangeError("fit: the learning rate must be at least 0 and a finite number, got NaN at step 0"),
    );
    expect(net.layers[0]?.weight).toEqual(before);
  });
});
