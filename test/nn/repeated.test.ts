/** `predict` on the same arrays again: what is remembered of them holds only while it is true. */
import { memoryUsage, tensor } from "affine-wasm";
import { dense, dropout, layerNorm, Sequential, sgd, softmaxCrossEntropy } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { lying, Matrix, thrownBy } from "../support/bystanders.js";
import { randomFrom } from "../support/cases.js";
import { expectSameBits } from "../support/reference.js";

const layers = () => [dense(8, { activation: "silu" }), layerNorm({ activation: "tanh" }), dropout(0.5), dense(2)];
const network = (): Sequential => new Sequential(3, layers(), { seed: 1 });
const numbers = (length: number, seed = 1) => Float32Array.from({ length }, randomFrom(seed));

/** Has room for all below: it takes no memory in a test, which would be a change of its own. */
const oracle = network();
oracle.predict(new Float32Array(900), undefined, { layers: 4 });

/** What a network of the same weights gives that is asked with options, so that it remembers nothing. */
function wanted(net: Sequential, rows: ArrayLike<number>, count = 4): Float32Array {
  oracle.copyFrom(net);
  return oracle.predict(Float32Array.from(rows), undefined, { layers: count });
}

const gone = (name: string) => new ReferenceError(`predict: ${name} lies in memory that dispose() returned`);
const detached = expect.objectContaining({ message: expect.stringMatching(/^predict: (x|out) is detached/) });

describe("predict on the arrays of the call before", () => {
  it("reads what they hold now, and returns another array each time, or the one that was given", () => {
    using net = network();
    using held = tensor(6);
    using result = tensor(4);
    for (const x of [new Float32Array(6), held.data, new Float32Array(40).subarray(20, 26)]) {
      for (const out of [undefined, new Float32Array(4), result.data]) {
        const seen = new Set<Float32Array>();
        for (let round = 0; round < 5; round++) {
          x.set(numbers(6, round));
          const y = net.predict(x, out);
          expectSameBits(y, wanted(net, x), `round ${round}`);
          seen.add(y);
          if (out) expect(y).toBe(out);
        }
        expect(seen.size).toBe(out ? 1 : 5);
      }
    }
  });

  it("uses the weights of now: written, trained, copied, of a layer that is no longer trained", async () => {
    using net = network();
    using source = new Sequential(3, layers(), { seed: 2 });
    const [x, out] = [numbers(6), new Float32Array(4)];
    const optimizer = sgd({ learningRate: 0.5 });
    const changes: (() => unknown)[] = [
      () => net.layers[0]?.weight?.fill(0.25),
      () => net.layers[3]?.bias?.fill(3),
      () => net.fit({ x, labels: [0, 1] }, { optimizer, epochs: 2 }),
      () => {
        const [first] = net.layers;
        if (first) first.trainable = false;
      },
      () => net.fit({ x, labels: [1, 0] }, { optimizer, epochs: 2 }),
      () => {
        const { dy } = softmaxCrossEntropy().of(net.forward(x), { labels: [0, 1] });
        net.backward(dy);
        optimizer.step(net);
      },
      () => net.evaluate({ x: numbers(900), labels: new Uint8Array(300) }),
      () => net.copyFrom(source),
    ];
    for (const change of changes) {
      net.predict(x, out);
      await change();
      for (let round = 0; round < 2; round++) expectSameBits(net.predict(x, out), wanted(net, x), String(change));
    }
  });

  it("tells other arrays, options, rows and networks from them", () => {
    using net = network();
    using other = new Sequential(3, [dense(2)], { seed: 7 });
    const [one, two, rows] = [numbers(6, 1), numbers(6, 2), numbers(900, 3)];
    const [out, another] = [new Float32Array(4), new Float32Array(4)];
    for (let round = 0; round < 3; round++) {
      expectSameBits(net.predict(one, out), wanted(net, one), "one");
      expectSameBits(net.predict(two, out), wanted(net, two), "two");
      expectSameBits(net.predict(two, another), wanted(net, two), "two, elsewhere");
      expectSameBits(net.predict(two), wanted(net, two), "two, nowhere");
      expectSameBits(net.predict(two, new Float32Array(16), { layers: 1 }), wanted(net, two, 1), "inner");
      expectSameBits(net.predict(two), wanted(net, two), "two, after an inner layer");
      expectSameBits(net.predict(rows), wanted(net, rows), "rows in parts");
      expectSameBits(net.predict(two, out), wanted(net, two), "two again");
      const x = [...two];
      expect([...other.predict(two)], "another network").toEqual([...other.predict(Float32Array.from(x))]);
    }
    expect([...two]).toEqual([...numbers(6, 2)]);
  });

  it("reads the options that come with them", () => {
    using net = network();
    const [x, inner] = [numbers(6), new Float32Array(16)];
    for (let round = 0; round < 2; round++) {
      net.predict(x);
      expectSameBits(net.predict(x, undefined, { layers: 1 }), wanted(net, x, 1), "inner");
      expect(() => net.predict(x, undefined, { layers: 9 })).toThrow("predict: layers must be at most 4");
      net.predict(x, inner, { layers: 1 });
      expect(() => net.predict(x, inner)).toThrow("predict: out has 16 values, expected 4");
    }
  });

  it("refuses outputs that overlap, with arrays that were fine by themselves", () => {
    using net = network();
    using held = tensor(16);
    const own = new Float32Array(16);
    for (const all of [held.data, own]) {
      const [x, apart, over] = [all.subarray(0, 6), all.subarray(8, 12), all.subarray(5, 9)];
      for (let round = 0; round < 2; round++) {
        net.predict(x, apart);
        expect(thrownBy(() => net.predict(x, over))).toEqual(new RangeError("predict: out overlaps x in memory"));
        net.predict(x);
        net.predict(new Float32Array(6), over);
        expect(thrownBy(() => net.predict(x, over))).toEqual(new RangeError("predict: out overlaps x in memory"));
      }
    }
    const weight = net.layers[0]?.weight?.subarray(0, 4) as Float32Array;
    for (let round = 0; round < 2; round++) expect(() => net.predict(own.subarray(0, 6), weight)).toThrow(/parameters/);
  });
});

describe("what becomes of the arrays between two calls", () => {
  it("their tensors are disposed, and the bytes have a new owner or none", () => {
    using net = network();
    for (const resettle of [false, true]) {
      const [held, result] = [tensor(6), tensor(4)];
      const [x, out] = [held.data, result.data];
      net.predict(x, out);
      net.predict(x, out);
      result.dispose();
      expect(thrownBy(() => net.predict(x, out))).toEqual(gone("out"));
      held.dispose();
      expect(thrownBy(() => net.predict(x))).toEqual(gone("x"));
      if (!resettle) continue;
      // Whoever has the bytes now: the network must not take them for what it knew.
      using mine = tensor(64);
      mine.data.fill(5);
      thrownBy(() => net.predict(x, out));
      net.predict(numbers(6));
    }
  });

  it("memory grows: views of it are dead, and say so; arrays of the caller's own go on", () => {
    using net = network();
    using held = tensor(6);
    using result = tensor(4);
    const [x, out, own] = [held.data, result.data, numbers(6)];
    x.set(own);
    const y = net.predict(x, out).slice();
    net.predict(own);
    net.predict(x, out);
    using _large = tensor(memoryUsage().total / 4 + 1000);
    if (x.length === 0) {
      expect(thrownBy(() => net.predict(x, out))).toEqual(detached);
      expect(thrownBy(() => net.predict(own, out))).toEqual(detached);
    }
    for (let round = 0; round < 2; round++) {
      expectSameBits(net.predict(held.data, result.data), y, "views read again");
      expectSameBits(net.predict(own), y, "own");
    }
  });

  it("their buffers are transferred, shrink, and grow", () => {
    using net = network();
    const moved = numbers(6);
    const out = new Float32Array(4);
    net.predict(moved, out);
    net.predict(moved, out);
    structuredClone(moved.buffer, { transfer: [moved.buffer] });
    expect(thrownBy(() => net.predict(moved, out))).toEqual(detached);
    structuredClone(out.buffer, { transfer: [out.buffer] });
    expect(thrownBy(() => net.predict(numbers(6), out))).toEqual(detached);

    // Not all engines have them.
    const make = ArrayBuffer as unknown as new (
      bytes: number,
      options: object,
    ) => ArrayBuffer & { resize?(to: number): void };
    const buffer = new make(24, { maxByteLength: 48 });
    if (!buffer.resize) return;
    const [tracking, fixed] = [new Float32Array(buffer), new Float32Array(buffer, 0, 6)];
    tracking.set(numbers(6));
    expect([net.predict(tracking).length, net.predict(tracking).length]).toEqual([4, 4]);
    buffer.resize(36);
    tracking.set(numbers(9));
    expectSameBits(net.predict(tracking), wanted(net, numbers(9)), "three rows");
    net.predict(fixed);
    buffer.resize(12);
    expectSameBits(net.predict(tracking), wanted(net, tracking), "one row");
    expect(thrownBy(() => net.predict(fixed))).toEqual(detached);
    buffer.resize(24);
    expectSameBits(net.predict(fixed), wanted(net, fixed), "two rows again");
  });

  it("the network is disposed, and its memory has a new owner", () => {
    const net = network();
    using held = tensor(6);
    const [x, own] = [held.data, numbers(6)];
    for (const each of [x, own]) net.predict(each, undefined);
    net.predict(own);
    net.dispose();
    const error = new ReferenceError("predict: the network is used after dispose()");
    for (const each of [x, own]) expect(thrownBy(() => net.predict(each))).toEqual(error);
    using _settled = tensor(500);
    for (const each of [x, own]) expect(thrownBy(() => net.predict(each))).toEqual(error);
  });
});

it("a subclass has no say: its length, its constructor, its own set", () => {
  using net = network();
  class Deaf extends Float32Array {
    override set(): void {}
  }
  const plain = numbers(6);
  for (let round = 0; round < 3; round++) {
    const matrix = Matrix.of2(2, 3, (i) => plain[i] as number);
    const liar = lying(6, 3);
    liar.set(plain);
    const out = new Deaf(4);
    for (const x of [matrix, matrix, liar, liar]) expectSameBits(net.predict(x, out), wanted(net, plain), "subclass");
    const many = new Deaf(100);
    const wide = numbers(150);
    for (let again = 0; again < 2; again++) expectSameBits(net.predict(wide, many), wanted(net, wide), "many");
  }
});

it("float64 and float32 networks take turns on arrays of their own, and refuse the other's", () => {
  using net = network();
  using double = new Sequential(3, layers(), { seed: 1, dtype: "float64" });
  const [x, x64] = [numbers(6), Float64Array.from(numbers(6))];
  for (let round = 0; round < 3; round++) {
    const [y, y64] = [net.predict(x), double.predict(x64)];
    expect(y64).toBeInstanceOf(Float64Array);
    for (const [i, value] of y.entries()) expect(value).toBeCloseTo(y64[i] as number, 4);
    expect(() => net.predict(x64 as never)).toThrow("predict: x must be a Float32Array, got a Float64Array");
  }
});
