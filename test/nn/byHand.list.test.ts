/** Steps by hand of a list of layers and networks. */
import { Affine } from "affine-wasm";
import { adam, dense, meanSquaredError, Sequential, sgd } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { eachCase, expectError, type Kind, wrong } from "../support/cases.js";
import { floats, network, x } from "../support/nn/byHand.js";

describe("a list of layers and networks", () => {
  it("is updated together: the same bits as one network, clipped by the norm of all", () => {
    using net = new Sequential(4, [dense(6, { activation: "relu" }), dense(3)], { seed: 1 });
    using first = new Affine(4, 6, { activation: "relu" });
    using second = new Affine(6, 3);
    first.weight.set(net.layers[0].weight);
    second.weight.set(net.layers[1].weight);
    const rule = () => adam({ learningRate: 0.05, clipNorm: 0.01 });
    const [one, list] = [rule(), rule()];
    const data = floats(4 * 8);
    const targets = floats(3 * 8);
    for (let i = 0; i < 5; i++) {
      const { dy } = meanSquaredError().of(net.forward(data), { targets });
      net.backward(dy);
      one.step(net);
      const y = second.forward(first.forward(data));
      const own = meanSquaredError().of(y, { targets });
      first.backward(second.backward(own.dy), { inputGradient: false });
      list.step([first, second]);
    }
    expect(first.weight).toEqual(net.layers[0].weight);
    expect(second.bias).toEqual(net.layers[1].bias);
    expect([...list.exportState().keys()]).toEqual([
      "mean.0.weight",
      "mean.0.bias",
      "mean.1.weight",
      "mean.1.bias",
      "meanSquare.0.weight",
      "meanSquare.0.bias",
      "meanSquare.1.weight",
      "meanSquare.1.bias",
    ]);
    list.dispose();
  });

  it("is bound by the first step; another list is refused, and so is what is no layer", () => {
    using net = network();
    using other = network();
    using layer = new Affine(2, 2);
    using optimizer = sgd({ learningRate: 0.1 });
    const ready = (each: Sequential<"float32", never>) => each;
    eachCase<[() => unknown, Kind, string]>(
      [
        [
          () => optimizer.step(wrong(7)),
          TypeError,
          "step: what is updated must be a Sequential or an Affine, got the number 7",
        ],
        [() => optimizer.step([]), RangeError, "step: the list is empty: there is nothing to update"],
        [() => optimizer.step(net), Error, "step: call backward first"],
        [() => optimizer.step([net, layer]), Error, "step: call backward first: [0] of the list has no gradients yet"],
        [() => optimizer.step([net, net]), RangeError, "step: [1] of the list is there twice"],
      ],
      (each) => expectError(...each),
    );
    expect(ready).toBeDefined();
    for (const each of [net, other]) {
      each.forward(x);
      each.backward(new Float32Array(60));
    }
    layer.forward(new Float32Array(2));
    layer.backward(new Float32Array(2));
    optimizer.step([net, layer]);
    optimizer.step([net, layer]);
    eachCase([() => optimizer.step([layer, net]), () => optimizer.step(net), () => optimizer.step(other)], (use) =>
      expect(use).toThrow(new Error("step: the optimizer belongs to another network or list; make one for each")),
    );
    expect(optimizer.stepCount).toBe(2);
    layer.dispose();
    expect(() => optimizer.step([net, layer])).toThrow(ReferenceError);
  });
});
