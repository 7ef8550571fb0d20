/** Whose memory a layer's calls may touch: their own living operands', whatever code of others runs in between. */
import { Affine, backward, type FloatArray, forward, memoryUsage, tensor } from "affine-wasm";
import { describe, expect, it } from "vitest";
import { Bystanders, lying, Matrix, thrownBy } from "../support/bystanders.js";
import { wrong } from "../support/cases.js";

const ones = (length: number) => new Float32Array(length).fill(1);

/** An object whose getter `name` runs `first` before it answers. */
function odd<T extends object>(fields: T, name: keyof T, first: (times: number) => unknown): T {
  let times = 0;
  const value = fields[name];
  return Object.defineProperty({ ...fields }, name, { enumerable: true, get: () => first(times++) ?? value });
}

describe("what decides about memory cannot be assigned", () => {
  it.each(["inFeatures", "outFeatures", "dtype", "activation"] as const)("%s of a layer", (name) => {
    using layer = new Affine(2, 3, { seed: 1 });
    using bystanders = new Bystanders();
    bystanders.settle(16);
    const value = name === "dtype" ? "float64" : name === "activation" ? "relu" : 50;
    const before = layer[name];
    expect(() => Object.assign(layer, { [name]: value })).toThrow(TypeError);
    expect(layer[name]).toBe(before);
    expect(layer.forward(ones(4))).toHaveLength(6);
    layer.backward(ones(6));
    layer.step(0.1);
    expect(bystanders.harmed()).toBe(0);
  });

  it.each(["inFeatures", "outFeatures", "dtype", "activation"] as const)("nor hidden by a subclass: %s", (name) => {
    class Odd extends Affine {}
    Object.defineProperty(Odd.prototype, name, { get: () => (name === "dtype" ? "float64" : 50) });
    using layer = new Odd(2, 3, { seed: 1 });
    using bystanders = new Bystanders();
    bystanders.settle(16);
    expect(layer.forward(ones(4))).toHaveLength(6);
    layer.backward(ones(6));
    layer.step(0.1);
    expect(layer.dWeight).toHaveLength(6);
    expect(bystanders.harmed()).toBe(0);
  });

  it.each(["length", "dtype", "pointer"] as const)("%s of a tensor", (name) => {
    using held = tensor(4);
    using bystanders = new Bystanders();
    bystanders.settle(16);
    expect(() => Object.assign(held, { [name]: name === "dtype" ? "float64" : 64 })).toThrow(TypeError);
    expect(held.data).toHaveLength(4);
    held.data.fill(1);
    expect(bystanders.harmed()).toBe(0);
  });
});

describe("an array of the caller's is read once, and by nobody else's code", () => {
  it("a subclass with a constructor of its own, in place of x and out", () => {
    using layer = new Affine(3, 2, { seed: 1 });
    const plain = Float32Array.from({ length: 12 }, (_, i) => i);
    const matrix = Matrix.of2(4, 3, (i) => i);
    const out = new Matrix(4, 2);
    const expected = layer.forward(plain);
    expect([...layer.forward(matrix, out)]).toEqual([...expected]);
    const { weight } = layer;
    const shape = { batch: 4, inFeatures: 3, outFeatures: 2 };
    const y = forward<Float32Array>({ x: matrix, weight }, shape, new Matrix(4, 2));
    expect([...y]).toEqual([...forward({ x: plain, weight }, shape)]);
  });

  it.each([1, 12, 4000])("a length that lies: %i instead of 6", (says) => {
    using layer = new Affine(3, 2, { seed: 1 });
    using bystanders = new Bystanders();
    bystanders.settle(16);
    const x = lying(6, says);
    const expected = layer.forward(new Float32Array(6));
    expect([...layer.forward(x)]).toEqual([...expected]);
    expect([...layer.backward(lying(4, says))]).toEqual([0, 0, 0, 0, 0, 0]);
    const shape = { batch: 2, inFeatures: 3, outFeatures: 2 };
    expect([...forward({ x, weight: layer.weight }, shape)]).toEqual([0, 0, 0, 0]);
    expect(bystanders.harmed()).toBe(0);
  });

  it("methods of the array's own: none is called", () => {
    using layer = new Affine(3, 2, { seed: 1 });
    const spoilt = (length: number) => {
      const array = ones(length);
      for (const name of ["set", "subarray", "slice", "fill", "length", "buffer", "byteOffset", "constructor"]) {
        Object.defineProperty(array, name, { get: () => expect.fail(`${name} was read`) });
      }
      return array;
    };
    const out = spoilt(4);
    expect(layer.forward(spoilt(6), out)).toBe(out);
    const dx = spoilt(6);
    expect(layer.backward(spoilt(4), { out: dx })).toBe(dx);
    const shape = { batch: 2, inFeatures: 3, outFeatures: 2 };
    const operands = { x: spoilt(6), weight: spoilt(6), bias: spoilt(2), dy: spoilt(4) };
    expect(forward(operands, shape, out)).toBe(out);
    const gradients = { dx: spoilt(6), dWeight: spoilt(6), dBias: spoilt(2) };
    expect(backward(operands, shape, gradients).dWeight).toBe(gradients.dWeight);
  });
});

describe("after a call into code of the caller's, whatever is used is asked again whether it lives", () => {
  it.each(["inputGradient", "accumulate", "out"] as const)(
    "backward: a getter for %s that disposes the layer",
    (name) => {
      using bystanders = new Bystanders();
      const layer = new Affine(3, 2, { seed: 1, activation: "relu" });
      layer.backward(layer.forward(ones(30)));
      layer.forward(ones(30));
      const options = odd({ inputGradient: true, accumulate: false, out: undefined }, name, () => {
        layer.dispose();
        bystanders.settle(16);
      });
      const error = thrownBy(() => layer.backward(ones(20), options));
      expect(error).toEqual(new ReferenceError("backward: the layer is used after dispose()"));
      expect(bystanders.harmed()).toBe(0);
    },
  );

  it("backward: an x whose tensor was disposed since, and whose bytes have a new owner", () => {
    using layer = new Affine(4, 4, { seed: 1 });
    const x = tensor(8);
    layer.forward(x.data);
    x.dispose();
    using next = tensor(8); // at the same address
    next.data.fill(9);
    const gone = new ReferenceError("backward: the last forward's x lies in memory that dispose() returned");
    expect(thrownBy(() => layer.backward(ones(8)))).toEqual(gone);
    expect([...layer.dWeight]).toEqual([...new Float32Array(16)]);
  });

  it("backward: a part of a tensor that was disposed since, and one that lives on", () => {
    using layer = new Affine(4, 4, { seed: 1 });
    const [held, other] = [tensor(64), tensor(64)];
    layer.forward(held.data.subarray(16, 24));
    other.dispose();
    using taken = tensor(100);
    taken.data.fill(1);
    layer.backward(ones(8));
    layer.forward(held.data.subarray(16, 24));
    held.dispose();
    using next = tensor(64);
    next.data.fill(9);
    expect(thrownBy(() => layer.backward(ones(8)))).toBeInstanceOf(ReferenceError);
  });

  it("backward: an out of a ReLU layer's forward that was disposed since", () => {
    using layer = new Affine(4, 4, { seed: 1, activation: "relu" });
    const y = tensor(8);
    layer.forward(ones(8), y.data);
    y.dispose();
    using next = tensor(8);
    next.data.fill(9);
    const gone = new ReferenceError("backward: the last forward's y lies in memory that dispose() returned");
    expect(thrownBy(() => layer.backward(ones(8)))).toEqual(gone);
  });

  it("forward without a layer: each field is read once, and a disposed tensor is refused", () => {
    using bystanders = new Bystanders();
    bystanders.settle(16);
    const shape = { batch: 2, inFeatures: 3, outFeatures: 2 };
    const operands = { x: ones(6), weight: ones(6), bias: ones(2), dy: ones(4) };
    const small: FloatArray = Float32Array.of(5);
    for (const name of ["x", "weight", "bias"] as const) {
      const read = odd(operands, name, (times) => (times > 0 ? small : undefined));
      expect([...forward(read, shape)], name).toEqual([4, 4, 4, 4]);
    }
    for (const name of ["x", "weight", "dy"] as const) {
      const read = odd(operands, name, (times) => (times > 0 ? small : undefined));
      expect([...backward(read, shape).dWeight], name).toEqual([2, 2, 2, 2, 2, 2]);
    }
    for (const name of ["batch", "inFeatures", "outFeatures"] as const) {
      const read = odd(shape, name, (times) => (times > 0 ? 1000 : undefined));
      expect([...forward(operands, read)], name).toEqual([4, 4, 4, 4]);
    }
    expect(bystanders.harmed()).toBe(0);
    const held = tensor(6);
    const gone = odd({ ...operands, x: held.data }, "bias", () => held.dispose());
    const error = new ReferenceError("forward: x lies in memory that dispose() returned");
    expect(thrownBy(() => forward(gone, shape))).toEqual(error);
  });

  it("a subclass that disposes itself as it is made", () => {
    const { used } = memoryUsage();
    class Gone extends Affine {
      constructor() {
        super(3, 2);
        this.dispose();
      }
    }
    const layer = new Gone();
    for (const call of ["forward", "backward", "step"] as const) {
      const error = thrownBy(() => layer[call](wrong(call === "step" ? 1 : ones(6))));
      expect(error).toEqual(new ReferenceError(`${call}: the layer is used after dispose()`));
    }
    expect(memoryUsage().used).toBe(used);
  });

  it("the address of a disposed tensor", () => {
    const gone = tensor(4);
    gone.dispose();
    expect(() => gone.pointer).toThrow(new ReferenceError("tensor: used after dispose()"));
  });
});
