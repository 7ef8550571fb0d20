import { adam, cosine, dense, Sequential, sgd } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { thrownBy } from "../support/bystanders.js";
import { wrong } from "../support/cases.js";
import { blobs, network, weightsOf } from "../support/nn/blobs.js";
import { after, end, harmed, rejection, settle } from "../support/nn/ends.js";

const { x, labels } = blobs(40);

describe("numbers that the element type cannot hold", () => {
  const cases: [string, () => ReturnType<typeof sgd>, string][] = [
    ["a learning rate", () => sgd({ learningRate: 1e39 }), "sgd's learningRate must be finite in float32, got 1e+39"],
    [
      "a weight decay",
      () => sgd({ learningRate: 1, weightDecay: 1e39 }),
      "sgd's weightDecay must be finite in float32, got 1e+39",
    ],
    [
      "an epsilon",
      () => adam({ learningRate: 1, epsilon: 1e-46 }),
      "adam's epsilon must be above 0 in float32, got 1e-46",
    ],
    [
      "a momentum",
      () => sgd({ learningRate: 1, momentum: 1 - 1e-12 }),
      "sgd's momentum must be below 1 in float32, got 0.999999999999",
    ],
    [
      "a beta",
      () => adam({ learningRate: 1, beta2: 1 - 1e-12 }),
      "adam's beta2 must be below 1 in float32, got 0.999999999999",
    ],
  ];
  it.each(cases)("%s: fit says so in float32, and trains in float64", async (_, make, message) => {
    using net = network();
    const before = weightsOf(net);
    expect(thrownBy(() => net.fit({ x, labels }, { optimizer: make() }))).toEqual(new RangeError(`fit: ${message}`));
    expect(weightsOf(net)).toEqual(before);
    using wide = new Sequential(2, [dense(3)], { dtype: "float64" });
    expect(thrownBy(() => wide.epochs({ x: Float64Array.from(x), labels }, { optimizer: make() }))).toBeUndefined();
  });

  it("a rate of a schedule, and one that is no number", async () => {
    using net = network();
    const rate = (learningRate: () => number) =>
      rejection(() => net.fit({ x, labels }, { optimizer: sgd({ learningRate }) }));
    const before = weightsOf(net);
    expect(await rate(() => 1e39)).toEqual(
      new RangeError("fit: the learning rate must be at least 0 and finite in float32, got 1e+39 at step 0"),
    );
    expect(
      await rejection(() => net.fit({ x, labels }, { optimizer: sgd({ learningRate: cosine({ from: 1e300 }) }) })),
    ).toEqual(new RangeError("fit: the learning rate must be at least 0 and finite in float32, got 1e+300 at step 0"));
    const odd = wrong({ valueOf: () => after(() => end(net), 0.1) });
    expect(await rate(() => odd)).toEqual(
      new TypeError("fit: the learning rate must be a number, got an Object at step 0"),
    );
    expect(weightsOf(net)).toEqual(before);
  });

  it("an epsilon of 0, by which a gradient of 0 would be NaN", () => {
    expect(() => adam({ learningRate: 1, epsilon: 0 })).toThrow(new RangeError("adam: epsilon must be above 0, got 0"));
  });
});

describe("what decides about memory cannot be assigned", () => {
  it("the names of an optimizer's state", async () => {
    using net = network();
    const optimizer = adam({ learningRate: 0.1 });
    settle();
    expect(() => Object.assign(optimizer, { slotNames: [] })).toThrow(TypeError);
    expect(() => Object.assign(optimizer.slotNames, { length: 0 })).toThrow(TypeError);
    await net.fit({ x, labels }, { optimizer });
    expect(harmed()).toBe(0);
  });

  it.each(["inFeatures", "outFeatures", "dtype"] as const)(
    "%s of a network, nor hidden by a subclass",
    async (name) => {
      class Odd extends Sequential {}
      Object.defineProperty(Odd.prototype, name, { get: () => (name === "dtype" ? "float64" : 50) });
      using net = new Odd(2, [dense(3)], { seed: 1 });
      settle();
      expect(() => Object.assign(net, { [name]: 50 })).toThrow(TypeError);
      expect(net.predict(x)).toHaveLength(120);
      await net.fit({ x, labels }, { optimizer: sgd({ learningRate: 0.1 }) });
      expect(harmed()).toBe(0);
    },
  );
});
