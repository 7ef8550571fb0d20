/** Every error of the layer: what it says, that nothing was written, and that the layer works on. */

import { Affine, memoryUsage, tensor } from "affine-wasm";
import { describe, expect, it } from "vitest";
import { eachCase, expectError, type Kind, wrong } from "../support/cases.js";

const operands = () => ({
  x: new Float32Array(6).fill(1),
  weight: new Float32Array(12).fill(1),
  bias: new Float32Array(4).fill(1),
  dy: new Float32Array(8).fill(1),
});

describe("new Affine", () => {
  it("names a bad size or option, what was expected and what came", () => {
    const cases: [() => unknown, Kind, string][] = [
      [() => new Affine(wrong("3"), 4), TypeError, "Affine: inFeatures must be a number, got a string"],
      [() => new Affine(wrong(undefined), 4), TypeError, "Affine: inFeatures must be a number, got undefined"],
      [
        () => new Affine(3, Number.NaN),
        RangeError,
        "Affine: outFeatures must be a whole number from 0 to 2147483647, got NaN",
      ],
      [() => new Affine(2.5, 4), RangeError, "Affine: inFeatures must be a whole number from 0 to 2147483647, got 2.5"],
      [
        () => new Affine(0, 2 ** 31),
        RangeError,
        "Affine: outFeatures must be a whole number from 0 to 2147483647, got 2147483648",
      ],
      [() => new Affine(3, -1), RangeError, "Affine: outFeatures must be a whole number from 0 to 2147483647, got -1"],
      [() => new Affine(3, 4, wrong(null)), TypeError, "Affine: options must be an object, got null"],
      [
        () => new Affine(3, 4, { dtype: wrong("float16") }),
        RangeError,
        'Affine: dtype must be one of "float32", "float64", got "float16"',
      ],
      [
        () => new Affine(3, 4, { activation: wrong("tanh") }),
        RangeError,
        'Affine: activation must be one of "none", "relu", got "tanh"',
      ],
      [
        () => new Affine(3, 4, { activation: wrong(1) }),
        TypeError,
        'Affine: activation must be one of "none", "relu", got the number 1',
      ],
      [
        () => new Affine(3, 4, { initializer: wrong("lecun") }),
        RangeError,
        'Affine: initializer must be one of "glorotUniform", "glorotNormal", "heUniform", "heNormal", "torchUniform", "zeros", got "lecun"',
      ],
      [() => new Affine(3, 4, { bias: wrong("no") }), TypeError, "Affine: bias must be a boolean, got a string"],
      [
        () => new Affine(3, 4, { seed: 1.5 }),
        RangeError,
        "Affine: seed must be a whole number from 0 to 4294967295, got 1.5",
      ],
      [
        () => new Affine(3, 4, wrong({ activaton: "relu" })),
        RangeError,
        'Affine: options has no "activaton"; there are dtype, activation, bias, initializer, seed',
      ],
    ];
    expect(eachCase(cases, ([call, kind, message]) => expectError(call, kind, message))).toBe(14);
  });

  it("says so when memory runs out, and leaves all of it to the next layer", () => {
    const before = memoryUsage().used;
    expect(() => new Affine(100_000, 100_000)).toThrow(RangeError);
    expect(() => new Affine(100_000, 100_000)).toThrow(/^Affine: out of memory: 40000000000 bytes wanted, \d+ in use/);
    expect(memoryUsage().used).toBe(before);
    const layer = new Affine(3, 4);
    expect(layer.forward(new Float32Array(3)).length).toBe(4);
    layer.dispose();
  });
});

describe("the layer's passes", () => {
  it("name a bad argument, write nothing, and can be called again", () => {
    const layer = new Affine(3, 4, { seed: 1 });
    const { x, dy } = operands();
    const y = layer.forward(x);
    const out = new Float32Array(5).fill(7);
    const cases: [() => unknown, Kind, string][] = [
      [() => layer.forward(wrong([1, 2, 3])), TypeError, "forward: x must be a Float32Array, got an Array"],
      [() => layer.forward(wrong(null)), TypeError, "forward: x must be a Float32Array, got null"],
      [
        () => layer.forward(wrong(new Float64Array(3))),
        TypeError,
        "forward: x must be a Float32Array, got a Float64Array",
      ],
      [
        () => layer.forward(wrong(new DataView(new ArrayBuffer(4)))),
        TypeError,
        "forward: x must be a Float32Array, got a DataView",
      ],
      [() => layer.forward(new Float32Array(7)), RangeError, "forward: x has 7 values, not a multiple of inFeatures 3"],
      [() => layer.forward(x, out), RangeError, "forward: out has 5 values, expected 8 = batch 2 × outFeatures 4"],
      [() => layer.backward(wrong(3)), TypeError, "backward: dy must be a Float32Array, got the number 3"],
      [
        () => layer.backward(new Float32Array(6)),
        RangeError,
        "backward: dy has 6 values, expected 8 = batch 2 × outFeatures 4",
      ],
      [
        () => layer.backward(dy, { out }),
        RangeError,
        "backward: out has 5 values, expected 6 = batch 2 × inFeatures 3",
      ],
      [() => layer.backward(dy, wrong(5)), TypeError, "backward: options must be an object, got the number 5"],
      [
        () => layer.backward(dy, { inputGradient: wrong(0) }),
        TypeError,
        "backward: inputGradient must be a boolean, got the number 0",
      ],
      [
        () => layer.backward(dy, { accumulate: wrong("x") }),
        TypeError,
        "backward: accumulate must be a boolean, got a string",
      ],
      [() => layer.backward(dy, wrong(out)), TypeError, "backward: options must be an object, got a Float32Array"],
      [
        () => layer.backward(dy, wrong({ inputgradient: false })),
        RangeError,
        'backward: options has no "inputgradient"; there are inputGradient, accumulate, out',
      ],
      [
        () => layer.backward(dy, wrong({ inputGradient: false, out: x })),
        RangeError,
        "backward: out is where dX goes, which inputGradient: false skips",
      ],
      [() => layer.step(Number.POSITIVE_INFINITY), RangeError, "step: rate must be finite in float32, got Infinity"],
      [() => layer.step(1e39), RangeError, "step: rate must be finite in float32, got 1e+39"],
      [() => layer.step(wrong("0.1")), TypeError, "step: rate must be a number, got a string"],
    ];
    eachCase(cases, ([call, kind, message]) => {
      expectError(call, kind, message);
      expect([...out]).toEqual([7, 7, 7, 7, 7]);
      expect(layer.dWeight.every((value) => value === 0)).toBe(true);
      expect(layer.forward(x)).toEqual(y);
    });
    layer.dispose();
  });

  it("refuse a gradient before any forward, and a step before any gradient", () => {
    const layer = new Affine(3, 4);
    expectError(() => layer.backward(operands().dy), Error, "backward: call forward first");
    expectError(() => layer.step(0.1), Error, "step: call backward first");
    expect(layer.forward(operands().x).length).toBe(8);
    layer.dispose();
  });

  it("refuse a disposed layer by name", () => {
    const layer = new Affine(3, 4);
    layer.forward(operands().x);
    layer.dispose();
    layer.dispose();
    const uses: [string, () => unknown][] = [
      ["forward", () => layer.forward(operands().x)],
      ["backward", () => layer.backward(operands().dy)],
      ["step", () => layer.step(1)],
      ["weight", () => layer.weight],
      ["bias", () => layer.bias],
      ["dWeight", () => layer.dWeight],
      ["dBias", () => layer.dBias],
    ];
    eachCase(uses, ([name, use]) => {
      expectError(use, ReferenceError, `${name}: the layer is used after dispose()`);
    });
  });

  it("refuse views of memory that dispose() returned, by name", () => {
    const layer = new Affine(3, 4, { activation: "relu" });
    const { x, dy } = operands();
    const gone = tensor(20);
    const [x0, y0] = [gone.data.subarray(0, 6), gone.data.subarray(8, 16)];
    layer.forward(x);
    gone.dispose();
    const cases: [() => unknown, string][] = [
      [() => layer.forward(x0), "forward: x lies in memory that dispose() returned"],
      [() => layer.forward(x, y0), "forward: out lies in memory that dispose() returned"],
      [() => layer.backward(y0), "backward: dy lies in memory that dispose() returned"],
      [() => layer.backward(dy, { out: x0 }), "backward: out lies in memory that dispose() returned"],
    ];
    eachCase(cases, ([call, message]) => expectError(call, ReferenceError, message));
    expect(layer.backward(dy).length).toBe(6);
    eachCase(["x", "y"], (name) => {
      const held = tensor(8);
      layer.forward(name === "x" ? held.data.subarray(0, 6) : x, name === "y" ? held.data : undefined);
      held.dispose();
      const message = `backward: the last forward's ${name} lies in memory that dispose() returned`;
      expectError(() => layer.backward(dy), ReferenceError, message);
      expect(layer.forward(x).length).toBe(8);
    });
    layer.dispose();
  });

  it("refuse outputs in the module's memory that overlap what they are computed from", () => {
    const layer = new Affine(3, 3);
    const both = tensor(9);
    const x = both.data.subarray(0, 6);
    const shifted = both.data.subarray(3, 9);
    const overlapping: [() => unknown, string][] = [
      [() => layer.forward(x, shifted), "forward: out overlaps x in memory"],
      [() => layer.forward(new Float32Array(9), layer.weight), "forward: out overlaps the layer's weight in memory"],
      [
        () => layer.forward(new Float32Array(3), layer.bias as Float32Array),
        "forward: out overlaps the layer's bias in memory",
      ],
    ];
    eachCase(overlapping, ([call, message]) => expectError(call, RangeError, message));
    const y = tensor(6);
    layer.forward(x, y.data);
    const { dWeight } = layer;
    expectError(
      () => layer.backward(y.data, { out: shifted }),
      RangeError,
      "backward: out overlaps the last forward's x in memory",
    );
    using rectified = new Affine(3, 3, { activation: "relu" });
    rectified.forward(new Float32Array(6), y.data);
    const dy = new Float32Array(6);
    const onY = () => rectified.backward(dy, { out: y.data });
    expectError(onY, RangeError, "backward: out overlaps the last forward's y in memory");
    expectError(
      () => layer.backward(dy, { out: layer.dWeight.subarray(3) }),
      RangeError,
      "backward: out overlaps the layer's dWeight in memory",
    );
    layer.forward(new Float32Array(9));
    expectError(() => layer.backward(dWeight), RangeError, "backward: the layer's dWeight overlaps dy in memory");
    for (const each of [layer, both, y]) each.dispose();
  });
});
