/** Steps by hand on the same arrays again: what is remembered of them holds only while it is true. */
import { memoryUsage, tensor } from "affine-wasm";
import { dense, Sequential, sgd } from "affine-wasm/nn";
import { expect, it } from "vitest";
import { lying, Matrix, thrownBy } from "../support/bystanders.js";
import { randomFrom } from "../support/cases.js";
import { expectFollowsResized, expectRefusesTransferred } from "../support/moved.js";
import { expectSameBits } from "../support/reference.js";

const numbers = (length: number, seed = 1) => Float32Array.from({ length }, randomFrom(seed));
const network = (): Sequential => new Sequential(3, [dense(5, { activation: "silu" }), dense(2)], { seed: 1 });

/** Sees every array for the first time, as it is a new one; takes no memory in a test, which would be a change of its own. */
const oracle = network();
oracle.backward(oracle.forward(new Float32Array(30)));

/** What a network of the same weights gives: y, dx and the gradient of the first weights. */
function wanted(of: Sequential, x: ArrayLike<number>, dy: ArrayLike<number>) {
  oracle.copyFrom(of);
  const y = oracle.forward(Float32Array.from(x));
  const dx = oracle.backward(Float32Array.from(dy));
  return { y, dx, dWeight: dWeightOf(oracle).slice() };
}

function dWeightOf(net: Sequential): Float32Array {
  return (net.layers[0] as unknown as { readonly dWeight: Float32Array }).dWeight;
}

const gone = (caller: string, name: string) =>
  new ReferenceError(`${caller}: ${name} lies in memory that dispose() returned`);

it("reads what the arrays hold now, wherever they lie, and returns another each time or the one that was given", () => {
  using net = network();
  const held = [6, 4, 4, 6].map((length) => tensor(length));
  const [x, y, dy, dx] = held.map(({ data }) => data) as [Float32Array, Float32Array, Float32Array, Float32Array];
  for (const input of [x, new Float32Array(6)]) {
    for (const out of [y, new Float32Array(4), undefined]) {
      for (const gradient of [dy, new Float32Array(4)]) {
        for (const options of [{ out: dx }, { out: new Float32Array(6) }, undefined]) {
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
            expectSameBits(dWeightOf(net), right.dWeight, "dWeight");
            results.add(result).add(gradients);
          }
          expect(results.size).toBe((out ? 1 : 4) + (options ? 1 : 4));
        }
      }
    }
  }
  for (const each of held) each.dispose();
});

it("tells other arrays, batches and options from them, accumulates, and uses the weights of now", () => {
  using net = network();
  const optimizer = sgd({ learningRate: 0.5 });
  const [one, small, dy, dySmall, out] = [numbers(6, 1), numbers(3, 3), numbers(4, 4), numbers(2, 5), numbers(4)];
  for (let round = 0; round < 4; round++) {
    const first = wanted(net, one, dy);
    oracle.backward(dy.slice(), { accumulate: true });
    const twice = dWeightOf(oracle).slice();
    const second = wanted(net, small, dySmall);
    expectSameBits(net.forward(small), second.y, "small");
    expect(() => net.backward(dy)).toThrow(RangeError);
    expectSameBits(net.backward(dySmall), second.dx, "small's dx");
    expectSameBits(net.forward(one, out), first.y, "one");
    expectSameBits(net.forward(one, out), first.y, "one again");
    for (let again = 0; again < 2; again++) expect(net.backward(dy, { inputGradient: false })).toBe(null);
    expectSameBits(net.backward(dy), first.dx, "dx, wanted after all");
    expectSameBits(net.backward(dy), first.dx, "dx again");
    net.backward(dy, { accumulate: true });
    expectSameBits(dWeightOf(net), twice, "accumulated");
    optimizer.step(net);
  }
});

it("completes no forward but the last: not what a fit has ended", async () => {
  using net = network();
  const [x, dy] = [numbers(6), numbers(4)];
  const optimizer = sgd({ learningRate: 0.5 });
  for (let round = 0; round < 2; round++) {
    for (let again = 0; again < 2; again++) {
      net.forward(x);
      net.backward(dy);
    }
    await net.fit({ x, labels: [0, 1] }, { optimizer, epochs: 1 });
    expect(() => net.backward(dy)).toThrow("backward: call forward first; a fit");
    const right = wanted(net, x, dy);
    expectSameBits(net.forward(x), right.y, "y");
    expectSameBits(net.backward(dy), right.dx, "dx");
  }
});

it("refuses arrays that overlap now, though each was fine with another, and leaves nothing of them behind", () => {
  using net = network();
  using held = tensor(64);
  held.data.set(numbers(64));
  const part = (from: number, length: number) => held.data.subarray(from, from + length);
  const [x, y, dy, dx] = [part(0, 6), part(8, 4), part(16, 4), part(24, 6)];
  for (let round = 0; round < 3; round++) {
    net.forward(x, y);
    net.backward(dy, { out: dx });
    expect(() => net.forward(x, part(4, 4))).toThrow("forward: out overlaps x in memory");
    expect(() => net.backward(dy, { out: part(14, 6) })).toThrow("backward: out overlaps dy in memory");
    expect(() => net.backward(dy, { out: part(4, 6) })).toThrow("backward: out overlaps x in memory");
    const right = wanted(net, x, dy);
    const kept = part(4, 6).slice();
    expectSameBits(net.backward(dy, { out: dx }), right.dx, "dx");
    expectSameBits(part(4, 6), kept, "what was refused");
    // x is where dx went: with these arrays backward was fine.
    net.forward(dx, y);
    expect(() => net.backward(dy, { out: dx })).toThrow("backward: out overlaps x in memory");
    expect(() => net.backward(dWeightOf(net).subarray(0, 4))).toThrow("gradients in memory");
  }
});

it("whose tensors were disposed, with a new owner of their bytes or none", () => {
  using net = network();
  for (const resettle of [false, true]) {
    const [x, y, dy, dx] = [tensor(6), tensor(4), tensor(4), tensor(6)];
    const views = [x.data, y.data, dy.data, dx.data] as const;
    const forward = () => net.forward(views[0], views[1]);
    const backward = () => net.backward(views[2], { out: views[3] });
    for (let round = 0; round < 3; round++) {
      forward();
      backward();
    }
    dx.dispose();
    expect(thrownBy(backward)).toEqual(gone("backward", "out"));
    dy.dispose();
    expect(thrownBy(backward)).toEqual(gone("backward", "dy"));
    y.dispose();
    expect(thrownBy(forward)).toEqual(gone("forward", "out"));
    x.dispose();
    using _mine = resettle ? tensor(64) : null;
    expect(thrownBy(() => net.backward(numbers(4)))).toEqual(gone("backward", "the last forward's x"));
    if (!resettle) expect(thrownBy(() => net.forward(views[0]))).toEqual(gone("forward", "x"));
  }
});

it("when memory has grown, which detaches its views; whose buffers were transferred, or resized", () => {
  using net = network();
  using x = tensor(6);
  using y = tensor(4);
  x.data.set(numbers(6));
  const [views, moved, dy] = [[x.data, y.data] as const, numbers(6), numbers(4)];
  const right = wanted(net, moved, dy);
  for (let round = 0; round < 2; round++) {
    net.forward(...views);
    net.backward(dy);
  }
  using _large = tensor(memoryUsage().total / 4 + 1000);
  if (views[0].length === 0) expect(() => net.forward(...views)).toThrow("forward: x is detached");
  expectSameBits(net.backward(dy), right.dx, "the last forward's x lies where it lay");
  for (let round = 0; round < 2; round++) {
    expectSameBits(net.forward(x.data, y.data), right.y, "y");
    expectSameBits(net.forward(moved), right.y, "y");
    expectSameBits(net.backward(dy), right.dx, "dx");
  }
  expectRefusesTransferred(net, moved, dy);
  expectFollowsResized(net);
});

it("leaves a live view of an output in memory that grows in the call", () => {
  using net = network();
  const rows = memoryUsage().total / 4;
  using out = tensor(rows * 2);
  const x = numbers(rows * 3);
  const before = out.data;
  const y = net.forward(x, before);
  expect(y).toHaveLength(rows * 2);
  expectSameBits(y, out.data, "out");
  expect(before.length === 0 ? y === before : y !== before, "that is detached, or another than the one given").toBe(
    false,
  );
});

it("a subclass has no say; after dispose(), and in a getter that disposes the network, nothing is computed", () => {
  const net = network();
  const [plain, dy] = [numbers(6), numbers(4)];
  const right = wanted(net, plain, dy);
  const liar = lying(6, 3);
  liar.set(plain);
  const matrix = Matrix.of2(2, 3, (i) => plain[i] as number);
  for (const x of [matrix, matrix, liar, liar]) {
    expectSameBits(net.forward(x, new Matrix(2, 2)), right.y, "y");
    expectSameBits(net.backward(Matrix.of2(2, 2, (i) => dy[i] as number)), right.dx, "dx");
  }
  for (let round = 0; round < 2; round++) {
    net.forward(plain);
    net.backward(dy);
  }
  const options = {
    get accumulate() {
      net.dispose();
      return false;
    },
  };
  const error = (caller: string) => new ReferenceError(`${caller}: the network is used after dispose()`);
  expect(thrownBy(() => net.backward(dy, options))).toEqual(error("backward"));
  expect(thrownBy(() => net.backward(dy))).toEqual(error("backward"));
  expect(thrownBy(() => net.forward(plain))).toEqual(error("forward"));
});
