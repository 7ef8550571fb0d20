/** The passes against the naive loops, at every edge that a blocked product has. */

import { Affine, backward, forward, type Shape } from "affine-wasm";
import { describe, expect, it } from "vitest";
import { around, arrayOf, DTYPES, eachCase, grid, operandsOf, randomFrom } from "../support/cases.js";
import { exports } from "../support/raw.js";
import { expectSameBits, expectWithinBound, referenceBackward, referenceForward } from "../support/reference.js";

const [mr, kc, mc, nc] = [exports.mr.value, exports.kc.value, exports.mc.value, exports.nc.value];
const [nrF32, nrF64] = [exports.nrF32.value, exports.nrF64.value];

/** Shapes that reach an edge of one loop while the other sizes stay small. */
function* edgeShapes(): Generator<Shape> {
  const small = [1, 3, 9];
  const rows = around(mr, 2 * mr, 4 * mr, mc);
  const columns = around(nrF32, nrF64, 2 * nrF32, 128, nc);
  const depths = around(kc, 2 * kc);
  for (const s of small) {
    for (const m of rows) for (const n of around(nrF32)) yield { batch: m, inFeatures: s, outFeatures: n };
    for (const n of columns)
      for (const m of [1, 2, mr + 1, 4 * mr + 1]) yield { batch: m, inFeatures: s, outFeatures: n };
    for (const k of depths)
      for (const m of [1, s, 4 * mr + 1]) yield { batch: m, inFeatures: k, outFeatures: nrF32 + 1 };
  }
}

/** Each shape in each role: what is k in one pass is m or n in another. */
function* turned(shapes: Iterable<Shape>): Generator<Shape> {
  for (const { batch, inFeatures, outFeatures } of shapes) {
    yield { batch, inFeatures, outFeatures };
    yield { batch: inFeatures, inFeatures: outFeatures, outFeatures: batch };
    yield { batch: outFeatures, inFeatures: batch, outFeatures: inFeatures };
  }
}

const name = ({ batch, inFeatures, outFeatures }: Shape) => `${batch}×${inFeatures}×${outFeatures}`;

describe.each(DTYPES)("products in %s", (dtype) => {
  it("match the naive loops for every shape from 0 to 12", () => {
    const random = randomFrom(1);
    const ran = eachCase(grid([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), (shape) => {
      const operands = operandsOf(dtype, shape, random);
      expectWithinBound(forward(operands, shape), referenceForward(shape, operands), dtype, `y ${name(shape)}`);
      const gradients = backward(operands, shape);
      const expected = referenceBackward(shape, operands);
      expectWithinBound(gradients.dx, expected.dx, dtype, `dx ${name(shape)}`);
      expectWithinBound(gradients.dWeight, expected.dWeight, dtype, `dWeight ${name(shape)}`);
      expectWithinBound(gradients.dBias, expected.dBias, dtype, `dBias ${name(shape)}`);
    });
    expect(ran).toBe(13 ** 3);
  });

  it("match the naive loops around every multiple of MR, NR, KC, MC and NC", () => {
    const random = randomFrom(2);
    eachCase(turned(edgeShapes()), (shape) => {
      const operands = operandsOf(dtype, shape, random);
      expectWithinBound(forward(operands, shape), referenceForward(shape, operands), dtype, `y ${name(shape)}`);
      const { dx, dWeight, dBias } = backward(operands, shape);
      const expected = referenceBackward(shape, operands);
      expectWithinBound(dx, expected.dx, dtype, `dx ${name(shape)}`);
      expectWithinBound(dWeight, expected.dWeight, dtype, `dWeight ${name(shape)}`);
      expectWithinBound(dBias, expected.dBias, dtype, `dBias ${name(shape)}`);
    });
  });

  it("are bit-exact for small integers", () => {
    const random = randomFrom(3);
    const shapes = [...grid([1, 2, 5, 8, 13, 33]), { batch: 100, inFeatures: 784, outFeatures: 50 }];
    eachCase(shapes, (shape) => {
      const operands = operandsOf(dtype, shape, () => Math.round(8 * random()) + 0);
      expectSameBits(forward(operands, shape), referenceForward(shape, operands).values, `y ${name(shape)}`);
      const { dx, dWeight, dBias } = backward(operands, shape);
      const expected = referenceBackward(shape, operands);
      expectSameBits(dx, expected.dx.values, `dx ${name(shape)}`);
      expectSameBits(dWeight, expected.dWeight.values, `dWeight ${name(shape)}`);
      expectSameBits(dBias, expected.dBias.values, `dBias ${name(shape)}`);
    });
  });

  it("leave out what is not positive under ReLU, and stop its gradient", () => {
    const random = randomFrom(4);
    // The last: several blocks of k, each of which could rectify a sum that is not complete.
    const shapes = [...grid([1, 2, 3, 4, 7, 9, 17]), { batch: 5, inFeatures: 3 * kc + 1, outFeatures: 9 }];
    eachCase(shapes, (shape) => {
      const operands = operandsOf(dtype, shape, random);
      const layer = new Affine(shape.inFeatures, shape.outFeatures, { dtype, activation: "relu" });
      layer.weight.set(operands.weight);
      layer.bias?.set(operands.bias);
      const linear = referenceForward(shape, operands);
      const y = layer.forward(operands.x);
      const values = linear.values.map((value) => Math.max(0, value));
      expectWithinBound(y, { ...linear, values }, dtype, `y ${name(shape)}`);
      const dy = arrayOf(dtype, operands.dy.length, (i) => ((y[i] as number) > 0 ? (operands.dy[i] as number) : 0));
      const expected = referenceBackward(shape, { ...operands, dy });
      expectWithinBound(layer.backward(operands.dy), expected.dx, dtype, `dx ${name(shape)}`);
      expectWithinBound(layer.dWeight, expected.dWeight, dtype, `dWeight ${name(shape)}`);
      expectWithinBound(layer.dBias as typeof y, expected.dBias, dtype, `dBias ${name(shape)}`);
      layer.dispose();
    });
  });

  it("propagate NaN and infinities, 0·∞ being NaN, to just the elements that they reach", () => {
    eachCase(grid([1, 2, 5, 9, 14]), (shape) => {
      eachCase([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], (special) => {
        const { batch, inFeatures, outFeatures } = shape;
        const operands = operandsOf(dtype, shape, () => 1);
        operands.x[inFeatures - 1] = special;
        operands.weight[(inFeatures - 1) * outFeatures] = 0;
        const y = forward(operands, shape);
        for (let s = 0; s < batch; s++) {
          for (let j = 0; j < outFeatures; j++) {
            const clean = inFeatures + 1 - (j === 0 ? 1 : 0);
            const reached = j === 0 ? Number.NaN : special;
            expect(y[s * outFeatures + j], `y[${s}][${j}] of ${name(shape)}`).toBe(s === 0 ? reached : clean);
          }
        }
        const { dWeight } = backward(operands, shape);
        for (let i = 0; i < inFeatures; i++) {
          expect(dWeight[i * outFeatures], `dWeight[${i}][0]`).toBe(i === inFeatures - 1 ? special : batch);
        }
      });
    });
  });
});
