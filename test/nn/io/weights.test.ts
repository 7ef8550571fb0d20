/** Weights in safetensors files, in the network's layout and in PyTorch's. */
import {
  dense,
  loadWeights,
  type Network,
  parseSafetensors,
  type SafeTensor,
  Sequential,
  saveWeights,
  writeSafetensors,
} from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { DTYPES, eachCase, expectError, wrong } from "../../support/cases.js";

const layers = () => [dense(3, { activation: "relu" }), dense(4, { bias: false }), dense(2, { activation: "tanh" })];

/** Every array of a network, copied. */
const arraysOf = (net: Network) =>
  net.layers.flatMap(({ weight, bias }) => [weight?.slice() ?? null, bias?.slice() ?? null]);

const tensor = (shape: number[], value = 1): SafeTensor => ({
  dtype: "F32",
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
});

describe.each(DTYPES)("saveWeights and loadWeights in %s", (dtype) => {
  it("give a network's bits to another, in either layout, under any names", () => {
    const options = [
      {},
      { layout: "native" },
      { layout: "pytorch" },
      { layout: "pytorch", names: ["a", "b", "c"] },
    ] as const;
    eachCase(options, (each) => {
      using from = new Sequential(5, layers(), { dtype, seed: 1 });
      using to = new Sequential(5, layers(), { dtype, seed: 2 });
      from.layers[0]?.bias?.set([1, -0, 3]);
      expect(arraysOf(to)).not.toEqual(arraysOf(from));
      loadWeights(to, saveWeights(from, each), each);
      expect(arraysOf(to)).toEqual(arraysOf(from));
    });
  });
});

describe("saveWeights", () => {
  it("names and lays out the tensors as asked", () => {
    using net = new Sequential(2, [dense(3, { activation: "relu" }), dense(1, { activation: "relu" }), dense(1)], {
      seed: 1,
    });
    net.layers[0]?.weight.set([1, 2, 3, 4, 5, 6]);
    const shapes = (bytes: Uint8Array) =>
      Object.fromEntries([...parseSafetensors(bytes).tensors].map(([name, { shape }]) => [name, shape]));
    const native = saveWeights(net);
    expect(shapes(native)).toEqual({
      "0.weight": [2, 3],
      "0.bias": [3],
      "1.weight": [3, 1],
      "1.bias": [1],
      "2.weight": [1, 1],
      "2.bias": [1],
    });
    expect(parseSafetensors(native).tensors.get("0.weight")?.data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    const pytorch = saveWeights(net, { layout: "pytorch" });
    expect(shapes(pytorch)).toEqual({
      "0.weight": [3, 2],
      "0.bias": [3],
      "2.weight": [1, 3],
      "2.bias": [1],
      "4.weight": [1, 1],
      "4.bias": [1],
    });
    expect(parseSafetensors(pytorch).tensors.get("0.weight")?.data).toEqual(Float32Array.of(1, 4, 2, 5, 3, 6));
    expect(parseSafetensors(pytorch).metadata).toEqual({ format: "pt" });
    expect(Object.keys(shapes(saveWeights(net, { names: ["in", "mid", "out"] })))).toContain("mid.weight");
  });
});

describe("loadWeights", () => {
  it("takes 16-bit and double floats, and leaves other tensors aside", () => {
    using net = new Sequential(2, [dense(1)], { seed: 1 });
    const other: SafeTensor = { dtype: "I64", shape: [], data: BigInt64Array.of(1n) };
    const weights: [SafeTensor, number[]][] = [
      [{ dtype: "F16", shape: [2, 1], data: Uint16Array.of(0x3c00, 0xc000) }, [1, -2]],
      [{ dtype: "BF16", shape: [2, 1], data: Uint16Array.of(0x3f80, 0xc000) }, [1, -2]],
      [{ dtype: "F64", shape: [2, 1], data: Float64Array.of(0.1, 2) }, [Math.fround(0.1), 2]],
    ];
    eachCase(weights, ([weight, values]) => {
      loadWeights(
        net,
        writeSafetensors({ "0.weight": weight, "0.bias": tensor([1], 7), other, "9.bias": tensor([3]) }),
      );
      expect([...(net.layers[0]?.weight ?? [])]).toEqual(values);
      expect([...(net.layers[0]?.bias ?? [])]).toEqual([7]);
    });
  });

  it("refuses what does not fit, and leaves the network as it was", () => {
    using net = new Sequential(2, [dense(3), dense(1, { bias: false })], { seed: 1 });
    const before = arraysOf(net);
    const whole = { "0.weight": tensor([2, 3]), "0.bias": tensor([3]), "1.weight": tensor([3, 1]) };
    const { "1.weight": last, ...first } = whole;
    const integers: SafeTensor = { dtype: "I32", shape: [3, 1], data: Int32Array.of(1, 2, 3) };
    const cases: [Record<string, SafeTensor>, string][] = [
      [first, 'the file has no "1.weight"; it has "0.bias", "0.weight"'],
      [{}, 'the file has no "0.weight"; it has nothing'],
      [{ ...first, "1.weight": tensor([1, 3]) }, 'tensor "1.weight" is [1,3], expected [3,1]'],
      [{ ...first, "1.weight": tensor([3]) }, 'tensor "1.weight" is [3], expected [3,1]'],
      [{ ...first, "1.weight": integers }, 'tensor "1.weight" is I32, expected F16, BF16, F32 or F64'],
      [{ ...whole, "1.bias": tensor([1]) }, 'the file has "1.bias", but layer 1 has no bias'],
    ];
    eachCase(cases, ([tensors, message]) => {
      expectError(() => loadWeights(net, writeSafetensors(tensors)), RangeError, `loadWeights: ${message}`);
      expect(arraysOf(net)).toEqual(before);
    });
    const bytes = writeSafetensors(whole);
    expect(() => loadWeights(net, bytes.subarray(0, bytes.length - 1))).toThrow(/^parseSafetensors: .* beyond the/);
    const pytorch = 'loadWeights: tensor "0.weight" is [2,3], expected [3,2]';
    expectError(() => loadWeights(net, bytes, { layout: "pytorch" }), RangeError, pytorch);
    expect(arraysOf(net)).toEqual(before);
    expect(last).toBeDefined();
  });

  it("reads no file that says it is PyTorch's without being told the layout, square layers included", () => {
    using net = new Sequential(2, [dense(2)], { seed: 1 });
    net.layers[0]?.weight.set([1, 2, 3, 4]);
    const before = arraysOf(net);
    const bytes = saveWeights(net, { layout: "pytorch" });
    const say = 'say options.layout, "pytorch" or "native"';
    const message = `loadWeights: the file is marked format: "pt", which is PyTorch's; ${say}`;
    expectError(() => loadWeights(net, bytes), RangeError, message);
    expectError(() => loadWeights(net, bytes, { names: ["0"] }), RangeError, message);
    expect(arraysOf(net)).toEqual(before);
    loadWeights(net, bytes, { layout: "native" });
    expect([...(net.layers[0]?.weight ?? [])]).toEqual([1, 3, 2, 4]);
    loadWeights(net, bytes, { layout: "pytorch" });
    expect(arraysOf(net)).toEqual(before);
  });

  it("shows the names of a file escaped, cut, and not all of them", () => {
    using net = new Sequential(2, [dense(1)], { seed: 1 });
    const names = ["a\nb\u001b[2J", "x".repeat(1e6), ...Array.from({ length: 20 }, (_, i) => `n${i}`)];
    const bytes = writeSafetensors(Object.fromEntries(names.map((name) => [name, tensor([1])])));
    const shown = ["a\\u{a}b\\u{1b}[2J", ...[0, 1, 10, 11, 12, 13, 14, 15, 16].map((i) => `n${i}`)].map(
      (each) => `"${each}"`,
    );
    const message = `loadWeights: the file has no "0.weight"; it has ${shown.join(", ")} and 12 more`;
    expectError(() => loadWeights(net, bytes), RangeError, message);
  });

  it("takes files up to maxBytes of data", () => {
    using net = new Sequential(2, [dense(1)], { seed: 1 });
    const bytes = saveWeights(net);
    loadWeights(net, bytes, { maxBytes: 12 });
    const message = "parseSafetensors: 12 bytes of data are declared, more than options.maxBytes 11";
    expectError(() => loadWeights(net, bytes, { maxBytes: 11 }), RangeError, message);
  });

  it("refuses bad options, other networks and disposed ones", () => {
    const net = new Sequential(2, [dense(3), dense(1)], { seed: 1 });
    const cases: [object, typeof TypeError, string][] = [
      [{ layout: "keras" }, RangeError, 'options.layout must be one of "native", "pytorch", got "keras"'],
      [{ names: "ab" }, TypeError, "options.names must be an array of strings, got a string"],
      [{ names: ["a"] }, RangeError, "options.names has 1 names for 2 layers"],
      [{ names: ["a", "a"] }, RangeError, 'options.names has "a" twice'],
    ];
    eachCase(cases, ([options, kind, message]) => {
      expectError(() => saveWeights(net, wrong(options)), kind, `saveWeights: ${message}`);
      expectError(() => loadWeights(net, new Uint8Array(0), wrong(options)), kind, `loadWeights: ${message}`);
    });
    const misspelt = wrong({ name: ["a"] });
    const fields = 'options has no "name"; there are layout, names';
    expectError(() => saveWeights(net, misspelt), RangeError, `saveWeights: ${fields}, dtype, metadata`);
    expectError(() => loadWeights(net, new Uint8Array(0), misspelt), RangeError, `loadWeights: ${fields}, maxBytes`);
    expectError(() => saveWeights(wrong(null)), TypeError, "saveWeights: net must be a Sequential, got null");
    const bytes = saveWeights(net);
    net.dispose();
    expect(() => saveWeights(net)).toThrow(ReferenceError);
    expect(() => loadWeights(net, bytes)).toThrow(ReferenceError);
  });
});
