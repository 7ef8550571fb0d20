/** The gradients of whole networks, against central differences of their losses in float64. */
import {
  binaryCrossEntropy,
  dense,
  huber,
  type LayerActivation,
  type LayerSpec,
  type Loss,
  layerNorm,
  meanSquaredError,
  Sequential,
  softmaxCrossEntropy,
  type Targets,
} from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { randomFrom } from "../support/cases.js";

const ACTIVATIONS: LayerActivation[] = [
  "none",
  "relu",
  { leakyRelu: 0.1 },
  "sigmoid",
  "tanh",
  "gelu",
  "silu",
  "elu",
  { elu: 0.3 },
];
const [ROWS, IN, OUT] = [7, 5, 4];
const STEP = 1e-6;

const random = randomFrom(3);
const values = (length: number, from = -1, to = 1) =>
  Float64Array.from({ length }, () => from + ((to - from) * (random() + 1)) / 2);

const weights = Float64Array.of(1, -0.5, 2, 0, 0.25, 3, 1);
const classWeights = [1, 0.5, 3, 2];
const labels = Uint8Array.of(0, 3, 1, 2, 2, 0, 3);

/** What each loss compares with, weighted and not. */
const CASES: [string, Loss, Targets<Float64Array>][] = [
  ["labels", softmaxCrossEntropy(), { labels }],
  ["weighted labels", softmaxCrossEntropy(), { labels, weights, classWeights }],
  ["probabilities", softmaxCrossEntropy(), { targets: values(ROWS * OUT, 0, 1) }],
  ["weighted probabilities", softmaxCrossEntropy(), { targets: values(ROWS * OUT, 0, 1), weights }],
  ["values", meanSquaredError(), { targets: values(ROWS * OUT) }],
  ["weighted values", meanSquaredError(), { targets: values(ROWS * OUT), weights }],
  ["sides", binaryCrossEntropy(), { targets: values(ROWS * OUT, 0, 1) }],
  ["weighted sides", binaryCrossEntropy(), { targets: values(ROWS * OUT, 0, 1), weights }],
  ["values with outliers", huber({ delta: 0.4 }), { targets: values(ROWS * OUT) }],
  ["weighted values with outliers", huber({ delta: 0.4 }), { targets: values(ROWS * OUT), weights }],
];

const NETWORKS: [string, (activation: LayerActivation) => LayerSpec[], number][] = [
  [
    "dense layers",
    (activation) => [dense(6, { activation }), dense(5, { activation }), dense(OUT, { activation })],
    5 * 6 + 6 + 6 * 5 + 5 + 5 * 4 + 4,
  ],
  [
    "layer norms between and after dense layers",
    (activation) => [dense(6), layerNorm({ activation }), dense(OUT), layerNorm({ activation, epsilon: 0.1 })],
    5 * 6 + 6 + 6 + 6 + 6 * 4 + 4 + 4 + 4,
  ],
];

describe.each(NETWORKS)("%s", (_network, layers, count) => {
  describe.each(ACTIVATIONS)("with %j", (activation) => {
    it.each(CASES)("have the gradients of the loss of %s, of parameters and inputs", (_name, loss, targets) => {
      using net = new Sequential<"float64">(IN, layers(activation), { dtype: "float64", seed: 5 });
      // Without biases of its own, ReLU would leave too many outputs at zero.
      for (const { bias } of net.layers) bias?.set(values(bias.length, 0, 0.5));
      const x = values(ROWS * IN);
      const lossOf = () => loss.of(net.forward(x), targets).loss;
      const { dy } = loss.of(net.forward(x), targets);
      const dx = net.backward(dy);
      let compared = 0;
      const arrays = net.layers.flatMap(({ weight, bias, dWeight, dBias }) => [
        [weight, dWeight?.slice()],
        [bias, dBias?.slice()],
      ]);
      for (const [array, gradient] of [...arrays, [x, dx]] as [Float64Array, Float64Array][]) {
        for (const [i, value] of array.entries()) {
          const at = (v: number) => {
            array[i] = v;
            const result = lossOf();
            array[i] = value;
            return result;
          };
          const difference = (at(value + STEP) - at(value - STEP)) / (2 * STEP);
          const error = Math.abs((gradient[i] as number) - difference);
          if (!(error < 1e-8 + 1e-6 * Math.abs(difference))) {
            expect.fail(`element ${i}: ${gradient[i]}, not ${difference}`);
          }
          compared++;
        }
      }
      expect(compared).toBe(count + ROWS * IN);
    });
  });
});
