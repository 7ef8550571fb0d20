/** The weights of a network for another one, equal to it or not. */
import { dense, Sequential } from "affine-wasm/nn";
import { expect, it } from "vitest";
import { wrong } from "../support/cases.js";
import { network, weightsOf } from "../support/nn/byHand.js";

it("copyFrom takes the weights of an equal network", () => {
  using net = network(1);
  using other = network(2);
  net.copyFrom(other);
  expect(weightsOf(net)).toEqual(weightsOf(other));
  using smaller = new Sequential(5, [dense(7)]);
  expect(() => net.copyFrom(smaller)).toThrow(
    new RangeError(
      "copyFrom: the other network has the layers 5 × 7, expected 5 × 7, layerNorm of 7, dropout of 7, 7 × 3",
    ),
  );
  expect(() => net.copyFrom(wrong({}))).toThrow(
    new TypeError("copyFrom: the other network must be a Sequential, got an Object"),
  );
});
