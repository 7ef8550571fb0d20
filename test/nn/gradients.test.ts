/** The gradients of whole networks, against central differences of their losses in float64. */
import {
  binaryCrossEntropy,
  dense,
  type Examples,
  type LayerActivation,
  type Loss,
  meanSquaredError,
  Sequential,
  sgd,
  softmaxCrossEntropy,
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

/** What each loss compares with. */
const CASES: [Loss, Examples<"float64">][] = [
  [softmaxCrossEntropy(), { x: values(ROWS * IN), labels: Uint8Array.of(0, 3, 1, 2, 2, 0, 3) }],
  [softmaxCrossEntropy(), { x: values(ROWS * IN), targets: values(ROWS * OUT, 0, 1) }],
  [meanSquaredError(), { x: values(ROWS * IN), targets: values(ROWS * OUT) }],
  [binaryCrossEntropy(), { x: values(ROWS * IN), targets: values(ROWS * OUT, 0, 1) }],
];

describe.each(ACTIVATIONS)("%j", (activation) => {
  it("has the gradients of the loss, for every loss, in hidden layers and the last", async () => {
    let compared = 0;
    for (const [loss, examples] of CASES) {
      using net = new Sequential(IN, [dense(6, { activation }), dense(5, { activation }), dense(OUT, { activation })], {
        dtype: "float64",
        seed: 5,
      });
      // Without biases of its own, ReLU would leave too many outputs at zero.
      for (const { bias } of net.layers) bias?.set(values(bias.length, 0, 0.5));
      await net.fit(examples, { loss, optimizer: sgd({ learningRate: 0 }), batchSize: ROWS });
      for (const layer of net.layers) {
        for (const [array, gradient] of [
          [layer.weight, layer.dWeight],
          [layer.bias, layer.dBias],
        ] as [Float64Array, Float64Array][]) {
          for (const [i, value] of array.entries()) {
            const at = (x: number) => {
              array[i] = x;
              const result = net.evaluate(examples, { loss }).loss;
              array[i] = value;
              return result;
            };
            const difference = (at(value + STEP) - at(value - STEP)) / (2 * STEP);
            const error = Math.abs((gradient[i] as number) - difference);
            expect(error, `${loss.name}, element ${i}`).toBeLessThan(1e-8 + 1e-6 * Math.abs(difference));
            compared++;
          }
        }
      }
    }
    expect(compared).toBe(CASES.length * (5 * 6 + 6 + 6 * 5 + 5 + 5 * 4 + 4));
  });
});
