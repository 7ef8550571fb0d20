/** Wrong use of steps by hand: what is said, and that nothing has changed. */
import { memoryUsage, tensor } from "affine-wasm";
import { dense, Sequential } from "affine-wasm/nn";
import { describe, expect, it, vi } from "vitest";
import { eachCase, expectError, type Kind, wrong } from "../support/cases.js";
import { floats, network, weightsOf, x } from "../support/nn/byHand.js";

describe("wrong use of forward and backward", () => {
  it("is named, and leaves everything as it was", () => {
    using net = network();
    const before = weightsOf(net);
    const dy = new Float32Array(60);
    expect(() => net.backward(dy)).toThrow(new Error("backward: call forward first"));
    using inside = tensor(100);
    inside.data.set(x);
    net.forward(inside.data);
    eachCase<[() => unknown, Kind, string]>(
      [
        [
          () => net.backward(new Float32Array(59)),
          RangeError,
          "backward: dy has 59 values, expected 60 = batch 20 × outFeatures 3",
        ],
        [
          () => net.backward(dy, { out: new Float32Array(99) }),
          RangeError,
          "backward: out has 99 values, expected 100 = batch 20 × inFeatures 5",
        ],
        [() => net.backward(dy, { out: inside.data }), RangeError, "backward: out overlaps x in memory"],
        [
          () => net.backward(dy, wrong({ acumulate: true })),
          RangeError,
          'backward: options has no "acumulate"; there are inputGradient, accumulate, out',
        ],
        [() => net.forward(new Float32Array(0)), RangeError, "forward: x is empty"],
        [
          () => net.forward(x, new Float32Array(59)),
          RangeError,
          "forward: out has 59 values, expected 60 = rows 20 × outFeatures 3",
        ],
        [
          () => net.forward(inside.data.subarray(0, 5), net.layers[3].bias ?? undefined),
          RangeError,
          "forward: out overlaps the network's parameters in memory",
        ],
        [
          () => net.forward(net.layers[3].dWeight.subarray(0, 5)),
          RangeError,
          "forward: x overlaps the network's gradients in memory",
        ],
      ],
      (each) => expectError(...each),
    );
    expect(net.backward(dy)).toHaveLength(100);
    expect(weightsOf(net)).toEqual(before);
    inside.dispose();
    expect(() => net.backward(dy)).toThrow(
      new ReferenceError("backward: the last forward's x lies in memory that dispose() returned"),
    );
    net.dispose();
    expect(() => net.forward(x)).toThrow(new ReferenceError("forward: the network is used after dispose()"));
  });

  it("is none where dy lies outside of memory, however long it is", () => {
    const rows = 20_000;
    using out = tensor(rows);
    using net = new Sequential(1, [dense(64)], { seed: 1 });
    const [input, dy] = [floats(rows), floats(64 * rows)];
    net.forward(input);
    const right = net.backward(dy);
    expect(net.backward(dy, { out: out.data })).toEqual(right);
    expect(out.data.byteOffset).toBeLessThan(dy.byteLength);
  });

  it("reads weights as inputs, which it does not write", () => {
    using net = new Sequential(4, [dense(4), dense(4)], { seed: 1 });
    const dy = floats(16);
    const right = net.forward(net.layers[1].weight.slice());
    const rightDx = net.backward(dy);
    expect(net.forward(net.layers[1].weight)).toEqual(right);
    expect(net.backward(dy)).toEqual(rightDx);
  });

  it("is told of a forward that failed, where it has ended what the last one began", () => {
    using net = new Sequential(2000, [dense(1)], { seed: 1 });
    net.forward(new Float32Array(2000));
    tensor(1_000_000).dispose();
    const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
      throw new RangeError("no");
    });
    // There is room for what the layers keep of so many rows, but not for the rows.
    const rows = Math.ceil(memoryUsage().total / 2000);
    expect(() => net.forward(new Float32Array(2000 * rows))).toThrow("forward: out of memory");
    grow.mockRestore();
    expect(() => net.backward(new Float32Array(1))).toThrow(
      "backward: call forward first; a fit, or a forward that failed, has ended what the last one began",
    );
  });
});
