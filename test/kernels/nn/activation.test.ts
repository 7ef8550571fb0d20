/** The activations and their gradients as functions: special values, derivatives, in place. Accuracy is held apart. */
import { describe, expect, it } from "vitest";
import { ACTIVATION_NAMES, ACTIVATIONS, type ActivationName } from "../../../src/kernels/nn/activations.js";
import { DTYPES, eachCase } from "../../support/cases.js";
import { randoms, withBlocks } from "../../support/nn/blocks.js";
import { binaries } from "../../support/nn/raw.js";
import { expectSameBits } from "../../support/reference.js";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const special = [nan, infinity, -infinity, 0, -0, 1000, -1000];

/** What each activation makes of the special values. */
const VALUES = {
  relu: [nan, infinity, 0, 0, -0, 1000, 0],
  leakyRelu: [nan, infinity, -infinity, 0, -0, 1000, -250],
  sigmoid: [nan, 1, 0, 0.5, 0.5, 1, 0],
  tanh: [nan, 1, -1, 0, -0, 1, -1],
  gelu: [nan, infinity, 0, 0, -0, 1000, 0],
  elu: [nan, infinity, -0.25, 0, -0, 1000, -0.25],
  silu: [nan, infinity, -0, 0, -0, 1000, -0],
};

/** Their derivatives there, of a gradient of 2. */
const GRADIENTS = {
  relu: [2, 2, 0, 0, 0, 2, 0],
  // A choice between dy and slope·dy: a NaN output takes the first.
  leakyRelu: [2, 2, 0.5, 2, 2, 2, 0.5],
  sigmoid: [nan, 0, 0, 0.5, 0.5, 0, 0],
  tanh: [nan, 0, 0, 2, 2, 0, 0],
  gelu: [nan, 2, 0, 1, 1, 2, 0],
  elu: [2, 2, 0, 2, 2, 2, 0],
  silu: [nan, 2, 0, 1, 1, 2, 0],
};
const SLOPE = 0.25;

const needsInput = (name: ActivationName) => ACTIVATIONS[name].gradientFrom === "input";

describe.each(binaries)("nn-$name", ({ kernels }) => {
  describe.each(DTYPES)("in %s", (dtype) => {
    const { activate, activationGradient } = kernels[dtype];

    it.each(ACTIVATION_NAMES)("%s of NaN, the infinities, zeros and large numbers", (name) => {
      // Once in each lane, and once in each place of a tail.
      eachCase([0, 1, 2, 3], (shift) => {
        const z = [...special.slice(shift), ...special.slice(0, shift)];
        const wanted = [...VALUES[name].slice(shift), ...VALUES[name].slice(0, shift)];
        withBlocks(dtype, [z, z], (input, output) => {
          activate(ACTIVATION_NAMES.indexOf(name), z.length, input.at, output.at, SLOPE);
          expectSameBits(output.inside(), wanted, `${name}(${z})`);
        });
      });
    });

    it.each(ACTIVATION_NAMES)("%s: the gradient at NaN, the infinities, zeros and large numbers", (name) => {
      const from = needsInput(name) ? special : VALUES[name];
      withBlocks(dtype, [from, special.map(() => 2), special], (operand, dy, out) => {
        activationGradient(ACTIVATION_NAMES.indexOf(name), special.length, operand.at, dy.at, out.at, SLOPE);
        expect([...out.inside()].map((x) => x + 0)).toEqual(GRADIENTS[name]);
      });
    });

    it.each(ACTIVATION_NAMES)("%s works in place, and its gradient in place of either operand", (name) => {
      const kind = ACTIVATION_NAMES.indexOf(name);
      const [z, gradient] = [randoms(dtype, 23, 4, 1), randoms(dtype, 23, 4, 2)];
      const apart = withBlocks(dtype, [z, gradient, z, z], (input, dy, y, out) => {
        activate(kind, 23, input.at, y.at, SLOPE);
        activationGradient(kind, 23, needsInput(name) ? input.at : y.at, dy.at, out.at, SLOPE);
        return { y: y.inside().slice(), out: out.inside().slice() };
      });
      withBlocks(dtype, [z, gradient, needsInput(name) ? z : apart.y], (y, dy, from) => {
        activate(kind, 23, y.at, y.at, SLOPE);
        expectSameBits(y.inside(), apart.y, "y in place of z");
        const { at } = from;
        const before = from.inside().slice();
        activationGradient(kind, 23, at, dy.at, dy.at, SLOPE);
        expectSameBits(dy.inside(), apart.out, "out in place of dy");
        expectSameBits(from.inside(), before, "the other operand");
        dy.inside().set(gradient);
        activationGradient(kind, 23, at, dy.at, at, SLOPE);
        expectSameBits(from.inside(), apart.out, "out in place of y or z");
      });
    });
  });

  it.each(ACTIVATION_NAMES)("%s: the gradient is the central difference", (name) => {
    const { activate, activationGradient } = kernels.float64;
    const kind = ACTIVATION_NAMES.indexOf(name);
    const eps = 1e-6;
    // Away from the kink at 0.
    const z = randoms("float64", 203, 6, 5).map((x) => (Math.abs(x) < 2 * eps ? 1 : x));
    const up = z.map((x) => x + eps);
    const down = z.map((x) => x - eps);
    const dy = randoms("float64", 203, 3, 6);
    withBlocks("float64", [z, up, down, dy, z, z], (input, above, below, gradient, y, out) => {
      activate(kind, 203, input.at, y.at, SLOPE);
      activationGradient(kind, 203, needsInput(name) ? input.at : y.at, gradient.at, out.at, SLOPE);
      activate(kind, 203, above.at, above.at, SLOPE);
      activate(kind, 203, below.at, below.at, SLOPE);
      const [high, low, actual] = [above.inside(), below.inside(), out.inside()];
      const ran = eachCase(z.keys(), (i) => {
        const slope = ((high[i] as number) - (low[i] as number)) / ((up[i] as number) - (down[i] as number));
        expect(Math.abs((actual[i] as number) - slope * (dy[i] as number))).toBeLessThan(1e-8);
      });
      expect(ran).toBe(203);
    });
  });
});
