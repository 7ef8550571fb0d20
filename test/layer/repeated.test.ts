/** `forward` and `backward` on the same arrays again: what is remembered of them holds only while it is true. */
import { Affine, type BackwardOptions, memoryUsage, tensor } from "affine-wasm";
import { describe, expect, it } from "vitest";
import { lying, Matrix, thrownBy } from "../support/bystanders.js";
import { randomFrom } from "../support/cases.js";
import { expectFollowsResized, expectRefusesTransferred } from "../support/moved.js";
import { expectSameBits } from "../support/reference.js";

const numbers = (length: number, seed = 1) => Float32Array.from({ length }, randomFrom(seed));
const layer = (activation: "none" | "relu") => new Affine(3, 2, { activation, seed: 1 });

/** Sees every array for the first time, as it is a new one; takes no memory in a test, which would be a change of its own. */
const oracles = { none: layer("none"), relu: layer("relu") };
for (const each of Object.values(oracles)) each.backward(each.forward(new Float32Array(30)));

/** What a layer of the same weights gives: y, dx, dWeight and dBias. */
function wanted(of: Affine, x: ArrayLike<number>, dy: ArrayLike<number>) {
  const oracle = oracles[of.activation];
  oracle.weight.set(of.weight);
  oracle.bias?.set(of.bias as Float32Array);
  const y = oracle.forward(Float32Array.from(x));
  const dx = oracle.backward(Float32Array.from(dy));
  return { y, dx, dWeight: oracle.dWeight.slice(), dBias: (oracle.dBias as Float32Array).slice() };
}

const gone = (caller: string, name: string) =>
  new ReferenceError(`${caller}: ${name} lies in memory that dispose() returned`);

describe.each(["none", "relu"] as const)("with activation %s", (activation) => {
  it("reads what the arrays hold now, wherever they lie, and returns another each time or the one that was given", () => {
    using net = layer(activation);
    const held = [6, 4, 4, 6].map((length) => tensor(length));
    const [x, y, dy, dx] = held.map(({ data }) => data) as [Float32Array, Float32Array, Float32Array, Float32Array];
    for (const input of [x, new Float32Array(6)]) {
      for (const out of [y, new Float32Array(4), undefined]) {
        for (const gradient of [dy, new Float32Array(4)]) {
          for (const options of [{ out: dx }, { out: new Float32Array(6) }, undefined, { inputGradient: true }]) {
            const results = new Set<unknown>();
            for (let round = 0; round < 4; round++) {
              const [xs, dys] = [numbers(6, round), numbers(4, round + 50)];
              const right = wanted(net, xs, dys);
              input.set(xs);
              const result = net.forward(input, out);
              gradient.set(dys);
              const gradients = net.backward(gradient, options);
              expectSameBits(result, right.y, "y");
              expectSameBits(gradients as Float32Array, right.dx, "dx");
              expectSameBits(net.dWeight, right.dWeight, "dWeight");
              expectSameBits(net.dBias as Float32Array, right.dBias, "dBias");
              results.add(result).add(gradients);
            }
            expect(results.size).toBe((out ? 1 : 4) + (options && "out" in options ? 1 : 4));
          }
        }
      }
    }
    for (const each of held) each.dispose();
  });

  it("tells other arrays, batches and options from them, and accumulates", () => {
    using net = layer(activation);
    const [one, two, small] = [numbers(6, 1), numbers(6, 2), numbers(3, 3)];
    const [dy, dySmall, out] = [numbers(4, 4), numbers(2, 5), new Float32Array(4)];
    for (let round = 0; round < 3; round++) {
      const first = wanted(net, one, dy);
      const second = wanted(net, two, dy);
      oracles[activation].backward(dy.slice(), { accumulate: true });
      const twice = oracles[activation].dWeight.slice();
      const third = wanted(net, small, dySmall);
      expectSameBits(net.forward(one, out), first.y, "one");
      expectSameBits(net.backward(dy), first.dx, "one's dx");
      expectSameBits(net.forward(two, out), second.y, "two");
      expectSameBits(net.backward(dy), second.dx, "two's dx");
      expectSameBits(net.forward(small), third.y, "small");
      expect(() => net.backward(dy)).toThrow(RangeError);
      expectSameBits(net.backward(dySmall), third.dx, "small's dx");
      expectSameBits(net.forward(two), second.y, "two again");
      expect(net.backward(dy, { inputGradient: false })).toBe(null);
      expectSameBits(net.dWeight, second.dWeight, "dWeight without dx");
      expect(net.backward(dy, { inputGradient: false })).toBe(null);
      expectSameBits(net.backward(dy), second.dx, "dx, wanted after all");
      net.backward(dy, { accumulate: true });
      expectSameBits(net.dWeight, twice, "accumulated");
    }
  });

  it("computes dX where the last call had no use for it", () => {
    using net = layer(activation);
    const [x, dy] = [numbers(6), numbers(4)];
    const right = wanted(net, x, dy);
    net.forward(x);
    for (let round = 0; round < 2; round++) expect(net.backward(dy, { inputGradient: false })).toBe(null);
    for (let round = 0; round < 2; round++) expectSameBits(net.backward(dy), right.dx, "dx");
  });

  it("uses the weights of now", () => {
    using net = layer(activation);
    const [x, dy] = [numbers(6), numbers(4)];
    const changes = [() => net.weight.fill(0.5), () => net.bias?.fill(-2), () => net.step(0.3)];
    for (const change of changes) {
      net.forward(x);
      net.backward(dy);
      change();
      const right = wanted(net, x, dy);
      for (let round = 0; round < 2; round++) {
        expectSameBits(net.forward(x), right.y, `y after ${change}`);
        expectSameBits(net.backward(dy), right.dx, `dx after ${change}`);
      }
    }
  });

  it("refuses arrays that overlap now, though each was fine with another", () => {
    using net = layer(activation);
    using held = tensor(64);
    held.data.set(numbers(64));
    const part = (from: number, length: number) => held.data.subarray(from, from + length);
    const [x, y, dy, dx, farX, farY] = [part(0, 6), part(8, 4), part(16, 4), part(24, 6), part(32, 6), part(40, 4)];
    for (let round = 0; round < 3; round++) {
      net.forward(x, y);
      net.backward(dy, { out: dx });
      expect(() => net.forward(x, part(4, 4))).toThrow("forward: out overlaps x in memory");
      expect(() => net.backward(dy, { out: part(14, 6) })).toThrow("backward: out overlaps dy in memory");
      expect(() => net.backward(dy, { out: part(4, 6) })).toThrow(
        "backward: out overlaps the last forward's x in memory",
      );
      // What was refused has left nothing behind.
      const right = wanted(net, x, dy);
      const kept = part(4, 6).slice();
      expectSameBits(net.backward(dy, { out: dx }), right.dx, "dx");
      expectSameBits(part(4, 6), kept, "what was refused");
      // x is where dx went: with these arrays backward was fine.
      net.forward(dx, farY);
      expect(() => net.backward(dy, { out: dx })).toThrow("backward: out overlaps the last forward's x in memory");
      net.forward(x, y);
      net.backward(dy, { out: dx });
      net.forward(x, part(26, 4));
      const call = () => net.backward(dy, { out: dx });
      if (activation === "relu") expect(call).toThrow("backward: out overlaps the last forward's y in memory");
      else expect(call()).toBe(dx);
      // Y counts only as long as its mask is needed.
      net.forward(farX, part(26, 4));
      if (activation === "relu") expect(call).toThrow("backward: out overlaps the last forward's y in memory");
      else expect(call()).toBe(dx);
    }
  });

  it("whose tensors were disposed, with a new owner of their bytes or none", () => {
    using net = layer(activation);
    for (const resettle of [false, true]) {
      const [x, y, dy, dx] = [tensor(6), tensor(4), tensor(4), tensor(6)];
      const views = [x.data, y.data, dy.data, dx.data] as const;
      const forward = () => net.forward(views[0], views[1]);
      const backward = () => net.backward(views[2], { out: views[3] });
      for (let round = 0; round < 2; round++) {
        forward();
        backward();
      }
      dx.dispose();
      expect(thrownBy(backward)).toEqual(gone("backward", "out"));
      dy.dispose();
      expect(thrownBy(backward)).toEqual(gone("backward", "dy"));
      y.dispose();
      if (activation === "relu") {
        expect(thrownBy(() => net.backward(numbers(4)))).toEqual(gone("backward", "the last forward's y"));
      }
      expect(thrownBy(forward)).toEqual(gone("forward", "out"));
      x.dispose();
      expect(thrownBy(() => net.backward(numbers(4)))).toEqual(gone("backward", "the last forward's x"));
      expect(thrownBy(() => net.forward(views[0]))).toEqual(gone("forward", "x"));
      if (!resettle) continue;
      using mine = tensor(64);
      mine.data.fill(5);
      expect(
        thrownBy(() => net.backward(numbers(4))),
        "whoever has the bytes now",
      ).toEqual(gone("backward", "the last forward's x"));
    }
  });

  it("when memory has grown, which detaches its views", () => {
    using net = layer(activation);
    using x = tensor(6);
    using dy = tensor(4);
    const views = [x.data, dy.data] as const;
    x.data.set(numbers(6));
    dy.data.set(numbers(4));
    const right = wanted(net, x.data, dy.data);
    for (let round = 0; round < 2; round++) {
      net.forward(views[0]);
      net.backward(views[1]);
    }
    using _large = tensor(memoryUsage().total / 4 + 1000);
    if (views[0].length === 0) {
      expect(() => net.forward(views[0])).toThrow("forward: x is detached");
      expect(() => net.backward(views[1])).toThrow("backward: dy is detached");
    }
    expectSameBits(net.backward(dy.data), right.dx, "the last forward's x lies where it lay");
    for (let round = 0; round < 2; round++) {
      expectSameBits(net.forward(x.data), right.y, "y");
      expectSameBits(net.backward(dy.data), right.dx, "dx");
    }
  });

  it("whose buffers were transferred, or resized", () => {
    using net = layer(activation);
    const [x, dy] = [numbers(6), numbers(4)];
    for (let round = 0; round < 2; round++) {
      net.forward(x);
      net.backward(dy);
    }
    expectRefusesTransferred(net, x, dy);
    expectFollowsResized(net);
  });

  it("a subclass has no say", () => {
    using net = layer(activation);
    const plain = numbers(6);
    const dy = numbers(4);
    const right = wanted(net, plain, dy);
    const matrix = Matrix.of2(2, 3, (i) => plain[i] as number);
    const liar = lying(6, 3);
    liar.set(plain);
    for (const x of [matrix, matrix, liar, liar]) {
      expectSameBits(net.forward(x, new Matrix(2, 2)), right.y, "y");
      expectSameBits(net.backward(Matrix.of2(2, 2, (i) => dy[i] as number)), right.dx, "dx");
    }
  });

  it("after dispose(), and after a call that failed", () => {
    const net = layer(activation);
    const [x, dy] = [numbers(6), numbers(4)];
    const right = wanted(net, x, dy);
    net.forward(x);
    net.backward(dy);
    expect(() => net.forward(numbers(5))).toThrow(RangeError);
    expect(() => net.backward(numbers(5))).toThrow(RangeError);
    expect(() => net.backward(dy, { out: numbers(5) } as BackwardOptions)).toThrow(RangeError);
    expectSameBits(net.backward(dy), right.dx, "dx");
    expectSameBits(net.forward(x), right.y, "y");
    net.dispose();
    expect(() => net.forward(x)).toThrow("forward: the layer is used after dispose()");
    expect(() => net.backward(dy)).toThrow("backward: the layer is used after dispose()");
  });
});
