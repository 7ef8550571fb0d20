/** What follows from the mathematics of the layer, and what the contract promises of its bits. */

import { Affine, backend, backward, type FloatArray, forward, type Shape, tensor } from "affine-wasm";
import { instantiateKernels } from "affine-wasm/kernels";
import { describe, expect, it } from "vitest";
import { elementBytes } from "../../src/common/dtype.js";
import { arrayOf, DTYPES, eachCase, operandsOf, randomFrom } from "../support/cases.js";
import { expectSameBits } from "../support/reference.js";

/** Shapes on every path: packed and not, ragged and whole, one row and many, several blocks of k. */
const shapes: Shape[] = [
  { batch: 7, inFeatures: 5, outFeatures: 3 },
  { batch: 32, inFeatures: 16, outFeatures: 16 },
  { batch: 40, inFeatures: 300, outFeatures: 50 },
  { batch: 101, inFeatures: 33, outFeatures: 10 },
];

describe.each(DTYPES)("an affine layer in %s", (dtype) => {
  it("gives db = dY for a batch of one", () => {
    const random = randomFrom(11);
    eachCase([1, 2, 3, 4, 7, 16, 100], (outFeatures) => {
      const shape = { batch: 1, inFeatures: 5, outFeatures };
      const operands = operandsOf(dtype, shape, random);
      expectSameBits(backward(operands, shape).dBias, operands.dy, `db of ${outFeatures}`);
    });
  });

  it("has batch gradients that are the sums of its rows' gradients, in any split", () => {
    const random = randomFrom(12);
    eachCase(shapes, (shape) => {
      const { batch, inFeatures, outFeatures } = shape;
      const operands = operandsOf(dtype, shape, random);
      const whole = backward(operands, shape);
      eachCase([1, 2, 3, batch - 1], (part) => {
        const sumWeight = new Float64Array(inFeatures * outFeatures);
        const sumBias = new Float64Array(outFeatures);
        for (let from = 0; from < batch; from += part) {
          const rows = Math.min(part, batch - from);
          const x = operands.x.subarray(from * inFeatures, (from + rows) * inFeatures) as FloatArray;
          const dy = operands.dy.subarray(from * outFeatures, (from + rows) * outFeatures) as FloatArray;
          const gradients = backward<FloatArray>({ x, weight: operands.weight, dy }, { ...shape, batch: rows });
          gradients.dWeight.forEach((value, i) => {
            sumWeight[i] = (sumWeight[i] as number) + value;
          });
          gradients.dBias.forEach((value, i) => {
            sumBias[i] = (sumBias[i] as number) + value;
          });
        }
        const tolerance = 4 * batch * (dtype === "float32" ? 2 ** -24 : 2 ** -53);
        sumWeight.forEach((sum, i) => {
          expect(Math.abs(sum - (whole.dWeight[i] as number))).toBeLessThan(tolerance * batch);
        });
        sumBias.forEach((sum, i) => {
          expect(Math.abs(sum - (whole.dBias[i] as number))).toBeLessThan(tolerance * batch);
        });
      });
    });
  });

  it("accumulates a batch taken in parts to the same bits as the whole batch", () => {
    const random = randomFrom(13);
    eachCase(shapes, ({ batch, inFeatures, outFeatures }) => {
      const operands = operandsOf(dtype, { batch, inFeatures, outFeatures }, random);
      const layer = new Affine(inFeatures, outFeatures, { dtype });
      layer.forward(operands.x);
      layer.backward(operands.dy);
      const [dWeight, dBias] = [layer.dWeight.slice(), layer.dBias?.slice()];
      layer.dWeight.fill(0);
      layer.dBias?.fill(0);
      for (let from = 0; from < batch; ) {
        const rows = Math.min(1 + (from % 5), batch - from);
        layer.forward(operands.x.slice(from * inFeatures, (from + rows) * inFeatures));
        layer.backward(operands.dy.slice(from * outFeatures, (from + rows) * outFeatures), { accumulate: true });
        from += rows;
      }
      expectSameBits(layer.dWeight, dWeight, "dWeight");
      expectSameBits(layer.dBias as FloatArray, dBias as FloatArray, "dBias");
      layer.dispose();
    });
  });

  it("differs between one batched step and the rows one at a time by the square of the learning rate", () => {
    const shape = { batch: 8, inFeatures: 6, outFeatures: 4 };
    const operands = operandsOf("float64", shape, randomFrom(14));
    const target = arrayOf("float64", 8 * 4, randomFrom(15));
    // The loss ½‖Y - target‖² has dY = Y - target, which depends on the weights: that is where η² comes from.
    const difference = (rate: number) => {
      const [whole, single] = [0, 1].map(() => {
        const layer = new Affine(6, 4, { dtype: "float64", seed: 3 });
        layer.weight.set(operands.weight);
        return layer;
      }) as [Affine<"float64">, Affine<"float64">];
      const train = (layer: Affine<"float64">, from: number, rows: number) => {
        const y = layer.forward(operands.x.slice(from * 6, (from + rows) * 6));
        layer.backward(y.map((value, i) => value - (target[from * 4 + i] as number)));
        layer.step(rate);
      };
      train(whole, 0, 8);
      for (let s = 0; s < 8; s++) train(single, s, 1);
      const largest = Math.max(...whole.weight.map((w, i) => Math.abs(w - (single.weight[i] as number))));
      whole.dispose();
      single.dispose();
      return largest;
    };
    eachCase([1e-2, 5e-3, 1e-3], (rate) => {
      const ratio = difference(rate) / difference(rate / 2);
      expect(ratio).toBeGreaterThan(3.7);
      expect(ratio).toBeLessThan(4.3);
    });
  });

  it("gives a row of y the same bits whatever the batch it is in", () => {
    const random = randomFrom(16);
    eachCase(shapes, (shape) => {
      const { batch, inFeatures, outFeatures } = shape;
      const operands = operandsOf(dtype, shape, random);
      const whole = forward(operands, shape);
      eachCase([1, 2, 5, 25], (rows) => {
        for (let from = 0; from + rows <= batch; from += rows) {
          const x = operands.x.slice(from * inFeatures, (from + rows) * inFeatures);
          const y = forward({ ...operands, x }, { ...shape, batch: rows });
          expectSameBits(y, whole.slice(from * outFeatures, (from + rows) * outFeatures), `rows from ${from}`);
        }
      });
    });
  });

  it("has gradients that agree with central differences", () => {
    const shape = { batch: 5, inFeatures: 4, outFeatures: 3 };
    eachCase(["none", "relu"] as const, (activation) => {
      const random = randomFrom(17);
      const operands = operandsOf("float64", shape, random);
      const layer = new Affine(4, 3, { dtype: "float64", activation });
      layer.weight.set(operands.weight);
      layer.bias?.set(operands.bias);
      // Loss = Σ dY·Y, whose gradient with respect to Y is dY.
      const loss = () => layer.forward(operands.x).reduce((sum, y, i) => sum + y * (operands.dy[i] as number), 0);
      loss();
      const dx = layer.backward(operands.dy);
      const analytic = [dx, layer.dWeight.slice(), layer.dBias?.slice() as Float64Array];
      const parameters = [operands.x, layer.weight, layer.bias as Float64Array];
      const compared = eachCase(parameters.keys(), (which) => {
        const parameter = parameters[which] as Float64Array;
        parameter.forEach((value, i) => {
          const eps = 1e-6;
          parameter[i] = value + eps;
          const up = loss();
          parameter[i] = value - eps;
          const numeric = (up - loss()) / (2 * eps);
          parameter[i] = value;
          const exact = analytic[which]?.[i] as number;
          expect(Math.abs(exact - numeric)).toBeLessThanOrEqual(1e-5 + 1e-3 * Math.abs(numeric));
        });
      });
      expect(compared).toBe(3);
      layer.dispose();
    });
  });

  it("gives the same results in place, at any alignment, and after the memory has grown", () => {
    const random = randomFrom(18);
    eachCase(shapes, (shape) => {
      const operands = operandsOf(dtype, shape, random);
      const expected = forward(operands, shape);
      eachCase([0, 1, 2, 3], (offset) => {
        const x = tensor(operands.x.length + offset, dtype);
        const y = tensor(expected.length + offset, dtype);
        x.data.subarray(offset).set(operands.x);
        const grown = tensor(20_000_000 / elementBytes(dtype), dtype);
        const result = forward<FloatArray>(
          { ...operands, x: x.data.subarray(offset) as FloatArray },
          shape,
          y.data.subarray(offset) as FloatArray,
        );
        expectSameBits(result, expected, `offset ${offset}`);
        expectSameBits(y.data.subarray(offset), expected, `in place, offset ${offset}`);
        for (const each of [x, y, grown]) each.dispose();
      });
    });
  });
});

describe.runIf(["scalar", "simd"].includes(backend()))("a variant without fused arithmetic", () => {
  it("gives the same bits as the scalar build", () => {
    const memory = new WebAssembly.Memory({ initial: 64 });
    const scalar = instantiateKernels(memory, "scalar");
    const random = randomFrom(19);
    const scratch = 1 << 20;
    eachCase([...shapes, { batch: 1, inFeatures: 35, outFeatures: 21 }], (shape) => {
      const { batch, inFeatures, outFeatures } = shape;
      const { x, weight, bias, dy } = operandsOf("float32", shape, random);
      const put = (array: Float32Array, at: number) => new Float32Array(memory.buffer, at, array.length).set(array);
      const [xAt, wAt, bAt, outAt] = [1024, 256 << 10, 512 << 10, 600 << 10] as const;
      put(x, xAt);
      put(weight, wAt);
      put(bias, bAt);
      const row = outFeatures * 4;
      const column = inFeatures * 4;
      scalar.gemmF32(batch, outFeatures, inFeatures, xAt, column, 4, wAt, row, 4, bAt, 0, outAt, row, 0, scratch);
      const y = new Float32Array(memory.buffer, outAt, batch * outFeatures);
      expectSameBits(forward({ x, weight, bias }, shape), y, "y");
      put(dy, bAt);
      scalar.gemmF32(batch, inFeatures, outFeatures, bAt, row, 4, wAt, 4, row, 0, 0, outAt, column, 0, scratch);
      const dx = new Float32Array(memory.buffer, outAt, batch * inFeatures);
      const gradients = backward({ x, weight, dy }, shape);
      expectSameBits(gradients.dx, dx, "dx");
      scalar.gemmF32(inFeatures, outFeatures, batch, xAt, 4, column, bAt, row, 4, 0, 0, outAt, row, 0, scratch);
      const dWeight = new Float32Array(memory.buffer, outAt, inFeatures * outFeatures);
      expectSameBits(gradients.dWeight, dWeight, "dWeight");
    });
  });
});
