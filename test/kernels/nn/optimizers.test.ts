/** The optimisers against the formulas of PyTorch's documentation, in plain float64 loops, over several steps. */
import { describe, expect, it } from "vitest";
import { DTYPES, eachCase } from "../../support/cases.js";
import { randoms, withBlocks } from "../../support/nn/blocks.js";
import { binaries } from "../../support/nn/raw.js";

const LENGTH = 23;
const STEPS = 5;
const RATE = 0.05;

describe.each(binaries)("nn-$name", ({ kernels }) => {
  describe.each(DTYPES)("in %s", (dtype) => {
    const typed = kernels[dtype];
    const bound = dtype === "float32" ? 2e-6 : 1e-14;
    const start = randoms(dtype, LENGTH, 1, 1);
    const gradientAt = (step: number) => randoms(dtype, LENGTH, 1, 10 + step);
    const zeros = new Float64Array(LENGTH);

    function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string) {
      const errors = Array.from(expected, (value, i) => Math.abs((actual[i] as number) - value));
      expect(errors.length).toBe(LENGTH);
      errors.forEach((error, i) => {
        if (!(error <= bound)) expect.fail(`${what}: ${i} is ${actual[i]}, not ${expected[i]}`);
      });
    }

    it("gradient descent, with decay, momentum, Nesterov's momentum", () => {
      const settings = [0, 0.9].flatMap((momentum) =>
        [0, 0.1].flatMap((decay) => [false, true].map((nesterov) => ({ momentum, decay, nesterov }))),
      );
      const ran = eachCase(settings, ({ momentum, decay, nesterov }) => {
        const [w, v] = [Float64Array.from(start), new Float64Array(LENGTH)];
        withBlocks(dtype, [start, zeros, zeros], (weights, gradients, velocity) => {
          for (let step = 1; step <= STEPS; step++) {
            const gradient = gradientAt(step);
            gradients.inside().set(gradient);
            typed.sgd(LENGTH, weights.at, gradients.at, velocity.at, RATE, momentum, decay, nesterov ? 1 : 0);
            for (let i = 0; i < LENGTH; i++) {
              const g = (gradient[i] as number) + decay * (w[i] as number);
              v[i] = momentum * (v[i] as number) + g;
              w[i] = (w[i] as number) - RATE * (nesterov ? g + momentum * (v[i] as number) : (v[i] as number));
            }
            expect(gradients.inside()).toEqual(gradient);
          }
          const what = JSON.stringify({ momentum, decay, nesterov });
          expectNear(weights.inside(), w, `w, ${what}`);
          expectNear(velocity.inside(), v, `v, ${what}`);
        });
      });
      expect(ran).toBe(8);
    });

    it("gradient descent without a velocity, whatever the momentum says", () => {
      const gradient = gradientAt(1);
      withBlocks(dtype, [start, gradient], (weights, gradients) => {
        typed.sgd(LENGTH, weights.at, gradients.at, 0, RATE, 0.9, 0.1, 1);
        const expected = Float64Array.from(start, (w, i) => w - RATE * ((gradient[i] as number) + 0.1 * w));
        expectNear(weights.inside(), expected, "w");
      });
    });

    it("Adam and AdamW", () => {
      const [beta1, beta2, epsilon] = [0.9, 0.99, 1e-3];
      const settings = [0, 0.1].flatMap((decay) => [false, true].map((decoupled) => ({ decay, decoupled })));
      const ran = eachCase(settings, ({ decay, decoupled }) => {
        const [w, m, v] = [Float64Array.from(start), new Float64Array(LENGTH), new Float64Array(LENGTH)];
        withBlocks(dtype, [start, zeros, zeros, zeros], (weights, gradients, first, second) => {
          for (let step = 1; step <= STEPS; step++) {
            const gradient = gradientAt(step);
            gradients.inside().set(gradient);
            const [correction1, correction2] = [1 - beta1 ** step, 1 - beta2 ** step];
            const at = [weights.at, gradients.at, first.at, second.at] as const;
            const flag = decoupled ? 1 : 0;
            typed.adam(LENGTH, ...at, RATE, beta1, beta2, epsilon, decay, flag, correction1, correction2);
            for (let i = 0; i < LENGTH; i++) {
              let [weight, g] = [w[i] as number, gradient[i] as number];
              if (decoupled) weight -= RATE * decay * weight;
              else g += decay * weight;
              m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
              v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
              const mean = (m[i] as number) / correction1;
              w[i] = weight - (RATE * mean) / (Math.sqrt((v[i] as number) / correction2) + epsilon);
            }
            expect(gradients.inside()).toEqual(gradient);
          }
          const what = JSON.stringify({ decay, decoupled });
          expectNear(weights.inside(), w, `w, ${what}`);
          expectNear(first.inside(), m, `m, ${what}`);
          expectNear(second.inside(), v, `v, ${what}`);
        });
      });
      expect(ran).toBe(4);
    });

    it("the sum of squares is added up in float64, and scaling scales", () => {
      withBlocks(dtype, [start], (x) => {
        const expected = [...start].reduce((sum, value) => sum + value * value, 0);
        expect(Math.abs(typed.sumOfSquares(LENGTH, x.at) - expected)).toBeLessThan(1e-14);
        typed.scale(LENGTH, -0.5, x.at);
        expect([...x.inside()]).toEqual(Array.from(start, (value) => -0.5 * value));
      });
      // In float32, neither square nor sum could be held.
      withBlocks(dtype, [[2 ** 100, 1, 2 ** -100]], (x) => expect(typed.sumOfSquares(3, x.at)).toBe(2 ** 200));
      withBlocks(dtype, [[2 ** 20, 1, 1]], (x) => expect(typed.sumOfSquares(3, x.at)).toBe(2 ** 40 + 2));
    });
  });
});
