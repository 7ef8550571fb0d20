/** The steps of each optimizer, against the formulas of PyTorch's documentation, written out in float64. */
import { adam, adamW, dense, meanSquaredError, type Optimizer, Sequential, sgd } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { randomFrom } from "../support/cases.js";

const STEPS = 25;
const RATE = 0.05;

/** w after a step: w, its gradient, the step counted from 1, and a state that starts with zeros. */
type Formula = (w: number, g: number, t: number, state: { a: number; b: number }) => number;

/** https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html */
const sgdFormula =
  (momentum: number, decay: number, nesterov = false): Formula =>
  (w, g, t, state) => {
    const gradient = g + decay * w;
    state.a = t > 1 ? momentum * state.a + gradient : gradient;
    return w - RATE * (nesterov ? gradient + momentum * state.a : state.a);
  };

/** https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html and …AdamW.html */
const adamFormula =
  (beta1: number, beta2: number, epsilon: number, decay: number, decoupled: boolean): Formula =>
  (w, g, t, state) => {
    const kept = decoupled ? w - RATE * decay * w : w;
    const gradient = decoupled ? g : g + decay * w;
    state.a = beta1 * state.a + (1 - beta1) * gradient;
    state.b = beta2 * state.b + (1 - beta2) * gradient * gradient;
    const [mean, square] = [state.a / (1 - beta1 ** t), state.b / (1 - beta2 ** t)];
    return kept - (RATE * mean) / (Math.sqrt(square) + epsilon);
  };

const CASES: [string, () => Optimizer, Formula][] = [
  ["sgd", () => sgd({ learningRate: RATE }), sgdFormula(0, 0)],
  ["sgd, momentum", () => sgd({ learningRate: RATE, momentum: 0.9 }), sgdFormula(0.9, 0)],
  ["sgd, decay", () => sgd({ learningRate: RATE, weightDecay: 0.1 }), sgdFormula(0, 0.1)],
  ["sgd, momentum and decay", () => sgd({ learningRate: RATE, momentum: 0.8, weightDecay: 0.1 }), sgdFormula(0.8, 0.1)],
  [
    "sgd, nesterov",
    () => sgd({ learningRate: RATE, momentum: 0.8, weightDecay: 0.1, nesterov: true }),
    sgdFormula(0.8, 0.1, true),
  ],
  ["adam", () => adam({ learningRate: RATE }), adamFormula(0.9, 0.999, 1e-8, 0, false)],
  [
    "adam, decay and betas",
    () => adam({ learningRate: RATE, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1 }),
    adamFormula(0.8, 0.95, 1e-3, 0.1, false),
  ],
  ["adamW", () => adamW({ learningRate: RATE }), adamFormula(0.9, 0.999, 1e-8, 0.01, true)],
  ["adamW, decay", () => adamW({ learningRate: RATE, weightDecay: 0.3 }), adamFormula(0.9, 0.999, 1e-8, 0.3, true)],
];

describe.each(CASES)("%s", (_name, make, formula) => {
  it("follows the formula for a linear layer and the mean squared error", async () => {
    const random = randomFrom(11);
    const values = (length: number) => Float64Array.from({ length }, random);
    const [x, targets] = [values(6 * 3), values(6 * 2)];
    using net = new Sequential(3, [dense(2)], { dtype: "float64", seed: 1 });
    const { weight, bias } = net.layers[0] as (typeof net.layers)[number];
    const w = [...weight, ...(bias as Float64Array)];
    const states = w.map(() => ({ a: 0, b: 0 }));
    for (let t = 1; t <= STEPS; t++) {
      // d/dw of the mean over 12 elements of (x·w + b - t)²
      const g = w.map(() => 0);
      for (let s = 0; s < 6; s++) {
        for (let j = 0; j < 2; j++) {
          let y = w[6 + j] as number;
          for (let i = 0; i < 3; i++) y += (x[3 * s + i] as number) * (w[2 * i + j] as number);
          const dy = (y - (targets[2 * s + j] as number)) / 6;
          for (let i = 0; i < 3; i++) g[2 * i + j] = (g[2 * i + j] as number) + dy * (x[3 * s + i] as number);
          g[6 + j] = (g[6 + j] as number) + dy;
        }
      }
      for (const [i, gradient] of g.entries()) {
        w[i] = formula(w[i] as number, gradient, t, states[i] as (typeof states)[number]);
      }
    }
    await net.fit(
      { x, targets },
      { loss: meanSquaredError(), optimizer: make(), epochs: STEPS, batchSize: 6, seed: 1 },
    );
    const trained = [...weight, ...(bias as Float64Array)];
    for (const [i, value] of trained.entries()) expect(value).toBeCloseTo(w[i] as number, 10);
    expect(trained).toHaveLength(8);
  });
});
