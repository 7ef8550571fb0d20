/** How far the activations are from the true values, in units in the last place, over all that their types hold. */
import { describe, expect, it } from "vitest";
import { ARRAYS, type DType } from "../../../src/common/dtype.js";
import { ACTIVATION_NAMES, type ActivationName } from "../../../src/kernels/nn/activations.js";
import { DTYPES } from "../../support/cases.js";
import { magnitudes, randoms, withBlocks } from "../../support/nn/blocks.js";
import {
  add,
  elu,
  gelu,
  multiply,
  normalDensity,
  normalDistribution,
  type Pair,
  pair,
  sigmoid,
  silu,
  tanh,
  ulps,
} from "../../support/nn/precise.js";
import { binaries } from "../../support/nn/raw.js";

/** Of every magnitude down to the smallest, with either sign, and densely where the functions bend. */
function inputs(dtype: DType): number[] {
  const smallest = dtype === "float32" ? 2 ** -149 : 2 ** -1074;
  const underflow = dtype === "float32" ? 106 : 750;
  const positive = [...magnitudes(dtype, smallest, 1, 400), ...magnitudes(dtype, 1, underflow, 800)];
  const bends = [2, 12, 40].flatMap((size, i) => [...randoms(dtype, 700, size, 11 + i)]);
  return [...positive, ...positive.map((x) => -x), ...bends];
}

/** The reference, and the units in the last place that each type is held to; the worst seen are a little less. */
const FUNCTIONS: Partial<Record<ActivationName, { reference(x: number): Pair; float32: number; float64: number }>> = {
  sigmoid: { reference: sigmoid, float32: 2.2, float64: 2.2 },
  tanh: { reference: tanh, float32: 2.6, float64: 2.6 },
  gelu: { reference: gelu, float32: 4, float64: 4.5 },
  elu: { reference: elu, float32: 2.6, float64: 2.6 },
  silu: { reference: silu, float32: 4.5, float64: 4.5 },
};

describe.each(binaries)("nn-$name", ({ kernels }) => {
  describe.each(DTYPES)("in %s", (dtype) => {
    it.each(Object.entries(FUNCTIONS))("%s is accurate from the smallest number to underflow", (name, wanted) => {
      const z = ARRAYS[dtype].from(inputs(dtype));
      const kind = ACTIVATION_NAMES.indexOf(name as ActivationName);
      withBlocks(dtype, [z, new Array(z.length).fill(Number.NaN)], (input, output) => {
        kernels[dtype].activate(kind, z.length, input.at, output.at, 1);
        const errors = Array.from(output.inside(), (y, i) => ulps(y, wanted.reference(z[i] as number), dtype));
        const worst = errors.reduce((most, error, i) => (error <= (errors[most] as number) ? most : i), 0);
        const what = `${name}(${z[worst]}) = ${output.inside()[worst]}`;
        expect(errors.length).toBe(4500);
        expect(errors[worst], what).toBeLessThan(wanted[dtype]);
      });
    });

    it("gelu's gradient is accurate: to its own last places, or where it crosses 0 to those of what it is the sum of", () => {
      // Where the result is subnormal, in float64, the reference is no better.
      const z = ARRAYS[dtype].from(inputs(dtype).filter((x) => x > -37));
      const ones = new Array(z.length).fill(1);
      withBlocks(dtype, [z, ones, ones], (input, dy, output) => {
        kernels[dtype].activationGradient(4, z.length, input.at, dy.at, output.at, 0);
        const worst = Math.max(
          ...Array.from(output.inside(), (actual, i) => {
            const x = z[i] as number;
            const steep = multiply(pair(x), normalDensity(x));
            const flat = normalDistribution(x);
            const [sum] = add(flat, steep);
            const largest = Math.max(Math.abs(sum), Math.abs(flat[0]), Math.abs(steep[0]));
            return ulps(largest + actual - sum, add(pair(largest), pair(0)), dtype);
          }),
        );
        expect(worst).toBeLessThan(5.5);
      });
    });
  });
});
