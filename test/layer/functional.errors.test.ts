/** Every error of the functions beside the layer: what it says, and that nothing was written. */

import { backend, backward, forward, initSync, memoryUsage, tensor } from "affine-wasm";
import { describe, expect, it } from "vitest";
import { eachCase, expectError, type Kind, wrong } from "../support/cases.js";
import { hasGrownSince, isSharedView } from "../support/grown.js";

const shape = { batch: 2, inFeatures: 3, outFeatures: 4 };
const operands = () => ({
  x: new Float32Array(6).fill(1),
  weight: new Float32Array(12).fill(1),
  bias: new Float32Array(4).fill(1),
  dy: new Float32Array(8).fill(1),
});

describe("forward and backward", () => {
  it("name a bad argument and write nothing", () => {
    const { x, weight, bias, dy } = operands();
    const out = new Float32Array(9).fill(7);
    const cases: [() => unknown, Kind, string][] = [
      [() => forward(wrong(undefined), shape), TypeError, "forward: operands must be an object, got undefined"],
      [() => forward({ x, weight }, wrong(3)), TypeError, "forward: shape must be an object, got the number 3"],
      [
        () => forward({ x, weight }, { ...shape, batch: 1.5 }),
        RangeError,
        "forward: batch must be a whole number from 0 to 2147483647, got 1.5",
      ],
      [
        () => forward({ x, weight: wrong([1]) }, shape),
        TypeError,
        "forward: weight must be a Float32Array or a Float64Array, got an Array",
      ],
      [
        () => forward({ x: wrong(new Float64Array(6)), weight }, shape),
        TypeError,
        "forward: x must be a Float32Array, got a Float64Array",
      ],
      [
        () => forward({ x: dy, weight }, shape),
        RangeError,
        "forward: x has 8 values, expected 6 = batch 2 × inFeatures 3",
      ],
      [
        () => forward({ x, weight: dy }, shape),
        RangeError,
        "forward: weight has 8 values, expected 12 = inFeatures 3 × outFeatures 4",
      ],
      [
        () => forward({ x, weight, bias: dy }, shape),
        RangeError,
        "forward: bias has 8 values, expected 4 = outFeatures",
      ],
      [
        () => forward({ x, weight, bias: wrong(0) }, shape),
        TypeError,
        "forward: bias must be a Float32Array, got the number 0",
      ],
      [
        () => backward({ x, weight, dy }, shape, { dx: wrong(null) }),
        TypeError,
        "backward: out.dx must be a Float32Array, got null",
      ],
      [
        () => backward({ x, weight, dy }, shape, { dx: out.subarray(0, 6), dBias: out.subarray(5) }),
        RangeError,
        "backward: out.dx overlaps out.dBias in memory",
      ],
      [
        () => forward({ x, weight, bias }, shape, out),
        RangeError,
        "forward: out has 9 values, expected 8 = batch 2 × outFeatures 4",
      ],
      [
        () => backward({ x, weight, dy: x }, shape),
        RangeError,
        "backward: dy has 6 values, expected 8 = batch 2 × outFeatures 4",
      ],
      [
        () => backward({ x, weight, dy }, shape, { dWeight: out }),
        RangeError,
        "backward: out.dWeight has 9 values, expected 12 = inFeatures 3 × outFeatures 4",
      ],
      [
        () => backward({ x, weight, dy }, shape, wrong(1)),
        TypeError,
        "backward: out must be an object, got the number 1",
      ],
    ];
    eachCase(cases, ([call, kind, message]) => {
      expectError(call, kind, message);
      expect([...out]).toEqual(new Array(9).fill(7));
    });
  });

  it("compute as if copied when an output of the caller's own overlaps an input", () => {
    const square = { batch: 2, inFeatures: 2, outFeatures: 2 };
    const x = new Float32Array([1, 2, 3, 4]);
    const weight = new Float32Array([1, 1, 1, 1]);
    expect(forward({ x, weight }, square, x)).toBe(x);
    expect([...x]).toEqual([3, 3, 7, 7]);
  });

  it("take empty arrays that start inside others: an empty range overlaps nothing", () => {
    using memory = tensor(9);
    eachCase([memory.data, new Float32Array(9)], (all) => {
      const [some, empty] = [all.subarray(0, 6), all.subarray(3, 3)];
      const noInputs = { batch: 2, inFeatures: 0, outFeatures: 3 };
      expect([...forward({ x: empty, weight: empty }, noInputs, some)]).toEqual([0, 0, 0, 0, 0, 0]);
      const noOutputs = { batch: 2, inFeatures: 3, outFeatures: 0 };
      expect(forward({ x: some, weight: empty }, noOutputs, empty).length).toBe(0);
      const out = { dx: some, dWeight: empty, dBias: empty };
      expect([...backward({ x: some.slice(), weight: empty, dy: empty }, noOutputs, out).dx]).toEqual([
        0, 0, 0, 0, 0, 0,
      ]);
    });
  });

  it("refuse views of memory that dispose() returned, by name", () => {
    const { x, weight, bias, dy } = operands();
    const gone = tensor(12);
    const view = (length: number) => stale.subarray(0, length);
    const stale = gone.data;
    gone.dispose();
    const cases: [string, () => unknown][] = [
      ["forward: x", () => forward({ x: view(6), weight, bias }, shape)],
      ["forward: weight", () => forward({ x, weight: view(12), bias }, shape)],
      ["forward: bias", () => forward({ x, weight, bias: view(4) }, shape)],
      ["forward: out", () => forward({ x, weight, bias }, shape, view(8))],
      ["backward: x", () => backward({ x: view(6), weight, dy }, shape)],
      ["backward: weight", () => backward({ x, weight: view(12), dy }, shape)],
      ["backward: dy", () => backward({ x, weight, dy: view(8) }, shape)],
      ["backward: out.dx", () => backward({ x, weight, dy }, shape, { dx: view(6) })],
      ["backward: out.dWeight", () => backward({ x, weight, dy }, shape, { dWeight: view(12) })],
      ["backward: out.dBias", () => backward({ x, weight, dy }, shape, { dBias: view(4) })],
    ];
    eachCase(cases, ([name, call]) => {
      expectError(call, ReferenceError, `${name} lies in memory that dispose() returned`);
    });
  });

  it("refuse outputs in the module's memory that overlap an input or each other", () => {
    const square = { batch: 2, inFeatures: 2, outFeatures: 2 };
    const memory = tensor(12);
    const [x, weight, dy] = [0, 4, 8].map((from) => memory.data.subarray(from, from + 4)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    expectError(() => forward({ x, weight }, square, x), RangeError, "forward: out overlaps x in memory");
    const own = { x: x.slice(), weight: weight.slice(), dy: dy.slice() };
    expectError(
      () => backward(own, square, { dx: x, dWeight: memory.data.subarray(2, 6) }),
      RangeError,
      "backward: out.dx overlaps out.dWeight in memory",
    );
    memory.dispose();
  });

  it("explain a view that growing memory has detached; memory that threads share detaches none", () => {
    const small = tensor(6);
    const stale = small.data;
    const grown = tensor(memoryUsage().total / 4);
    expect(hasGrownSince(stale, small.data)).toBe(true);
    const message =
      "forward: x is detached: memory grew, moved or shrank since the view was taken; read the view again, e.g. tensor.data";
    small.data.set([1, 2, 3, 4, 5, 6]);
    const y = (x: Float32Array) => [...forward({ x, weight: operands().weight }, shape)];
    if (isSharedView(stale)) expect(y(stale)).toEqual([6, 6, 6, 6, 15, 15, 15, 15]);
    else expectError(() => y(stale), TypeError, message);
    expect(y(small.data)).toEqual([6, 6, 6, 6, 15, 15, 15, 15]);
    for (const each of [small, grown]) each.dispose();

    // A view that its resizable buffer has shrunk away from says "0 values", too.
    const resizable = Reflect.construct(ArrayBuffer, [24, { maxByteLength: 24 }]) as ArrayBuffer & {
      resize(bytes: number): void;
    };
    const shrunk = new Float32Array(resizable, 0, 6);
    resizable.resize(0);
    expectError(() => forward({ x: shrunk, weight: operands().weight }, shape), TypeError, message);
  });
});

describe("tensor and initSync", () => {
  it("name a bad argument", () => {
    expectError(() => tensor(-1), RangeError, "tensor: length must be a whole number from 0 to 2147483647, got -1");
    expectError(() => tensor(4, wrong(null)), TypeError, 'tensor: dtype must be one of "float32", "float64", got null');
    expectError(() => tensor(wrong("4")), TypeError, "tensor: length must be a number, got a string");
    expectError(
      () => tensor(4, wrong("int8")),
      RangeError,
      'tensor: dtype must be one of "float32", "float64", got "int8"',
    );
    expectError(
      () => initSync(undefined, { variant: wrong("avx") }),
      RangeError,
      'initSync: variant must be one of "scalar", "simd", "relaxed", "wide", got "avx"',
    );
    const disposed = tensor(4);
    disposed.dispose();
    disposed.dispose();
    expectError(() => disposed.data, ReferenceError, "tensor: used after dispose()");
  });

  it("refuses to change the variant once one runs", () => {
    const running = backend();
    const other = running === "scalar" ? "simd" : "scalar";
    initSync(undefined, { variant: running });
    expectError(
      () => initSync(undefined, { variant: other }),
      Error,
      `initSync: "${running}" is running already; ask for "${other}" before the first use`,
    );
  });
});
