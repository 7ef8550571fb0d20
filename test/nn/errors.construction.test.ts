/** Layers, networks, optimizers and schedules that cannot be made, and what is said then. */
import { adam, adamW, cosine, dense, dropout, layerNorm, Sequential, sgd, steps } from "affine-wasm/nn";
import { describe, it } from "vitest";
import { eachCase, expectError, type Kind, wrong } from "../support/cases.js";

/** All that may be written. */
const ACTIVATIONS = '"none", "relu", "sigmoid", "tanh", "gelu", "elu", "silu", { leakyRelu: slope }, { elu: alpha }';

type Case = [() => unknown, Kind, string];

describe("what networks are made of", () => {
  it("layers and networks", () => {
    eachCase<Case>(
      [
        [() => dense(0), RangeError, "dense: outFeatures must be at least 1, got 0"],
        [() => dense(1.5), RangeError, "dense: outFeatures must be a whole number from 0 to 2147483647, got 1.5"],
        [() => dense(wrong("3")), TypeError, "dense: outFeatures must be a number, got a string"],
        [
          () => dense(3, wrong({ activaton: "relu" })),
          RangeError,
          'dense: options has no "activaton"; there are activation, bias, initializer, trainable',
        ],
        [
          () => dense(3, { activation: wrong("swish") }),
          RangeError,
          `dense: activation must be one of ${ACTIVATIONS}, got "swish"`,
        ],
        [
          () => dense(3, { activation: wrong("softmax") }),
          RangeError,
          `dense: activation must be one of ${ACTIVATIONS}, got "softmax"; losses take what comes before it, and softmax(y, columns) makes probabilities`,
        ],
        [
          () => dense(3, wrong("relu")),
          TypeError,
          'dense: options must be an object such as { activation: "relu" }, got a string',
        ],
        [
          () => dense(3, { activation: wrong("leakyRelu") }),
          RangeError,
          `dense: activation must be one of ${ACTIVATIONS}, got "leakyRelu"`,
        ],
        [
          () => dense(3, { activation: wrong({ slope: 1 }) }),
          RangeError,
          `dense: activation must be one of ${ACTIVATIONS}, got an object with "slope"`,
        ],
        [
          () => dense(3, { activation: wrong({ silu: 1 }) }),
          RangeError,
          `dense: activation must be one of ${ACTIVATIONS}, got an object with "silu"`,
        ],
        [
          () => dense(3, { activation: wrong({ elu: 1, leakyRelu: 1 }) }),
          RangeError,
          `dense: activation must be one of ${ACTIVATIONS}, got an object with "elu", "leakyRelu"`,
        ],
        [
          () => dense(3, { activation: wrong(7) }),
          TypeError,
          `dense: activation must be one of ${ACTIVATIONS}, got the number 7`,
        ],
        [
          () => dense(3, { activation: { elu: 1e39 } }),
          RangeError,
          "dense: activation.elu must be above 0 and finite in float32, got 1e+39",
        ],
        [
          () => dense(3, { activation: { leakyRelu: -1 } }),
          RangeError,
          "dense: activation.leakyRelu must be at least 0 and a finite number, got -1",
        ],
        [
          () => dense(3, { activation: { leakyRelu: 1e-60 } }),
          RangeError,
          "dense: activation.leakyRelu must be above 0 and finite in float32, got 1e-60",
        ],
        [() => dense(3, { trainable: wrong(0) }), TypeError, "dense: trainable must be a boolean, got the number 0"],
        [
          () => layerNorm(wrong({ eps: 1 })),
          RangeError,
          'layerNorm: options has no "eps"; there are activation, epsilon, trainable',
        ],
        [() => layerNorm({ epsilon: 0 }), RangeError, "layerNorm: epsilon must be above 0, got 0"],
        [() => dropout(1), RangeError, "dropout: rate must be at least 0 and below 1, got 1"],
        [() => dropout(wrong("half")), TypeError, "dropout: rate must be a number, got a string"],
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
          "Sequential: layers must be an array of dense(…), got a DenseSpec",
        ],
        [
          () => new Sequential(1, [wrong({ outFeatures: 3 })]),
          TypeError,
          "Sequential: layers[0] must be a dense(…), layerNorm(…) or dropout(…), got an Object",
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
      ],
      (each) => expectError(...each),
    );
  });

  it("optimizers and schedules", () => {
    eachCase<Case>(
      [
        [
          () => sgd(wrong(0.1)),
          TypeError,
          "sgd: options must be an object such as { learningRate: 0.1 }, got the number 0.1",
        ],
        [
          () => adam(wrong(undefined)),
          TypeError,
          "adam: options must be an object such as { learningRate: 0.001 }, got undefined",
        ],
        [
          () => adamW(wrong(null)),
          TypeError,
          "adamW: options must be an object such as { learningRate: 0.001 }, got null",
        ],
        [
          () => cosine(wrong(undefined)),
          TypeError,
          "cosine: options must be an object such as { from: 0.1 }, got undefined",
        ],
        [
          () => steps(wrong(0.1)),
          TypeError,
          "steps: options must be an object such as { from: 0.1, factor: 0.5, every: 1000 }, got the number 0.1",
        ],
        [() => sgd(wrong({})), TypeError, "sgd: learningRate must be a number or a schedule, got undefined"],
        [
          () => sgd({ learningRate: -1 }),
          RangeError,
          "sgd: learningRate must be at least 0 and a finite number, got -1",
        ],
        [
          () => sgd({ learningRate: 1, momentum: 1 }),
          RangeError,
          "sgd: momentum must be at least 0 and below 1, got 1",
        ],
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
        [
          () => steps({ from: 1, factor: 0.5 }),
          TypeError,
          "steps: every or everyEpochs must say how long a rate holds",
        ],
        [() => steps({ from: 1, factor: 0.5, every: 0 }), RangeError, "steps: every must be at least 1, got 0"],
      ],
      (each) => expectError(...each),
    );
  });
});
