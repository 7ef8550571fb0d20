/** Wrong use of steps by hand: what is said, and that nothing has changed. */
import { tensor } from "affine-wasm";
import { describe, expect, it } from "vitest";
import { eachCase, expectError, type Kind, wrong } from "../support/cases.js";
import { network, weightsOf, x } from "../support/nn/byHand.js";

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
});
