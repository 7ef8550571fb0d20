/** The library's objects behind proxies, such as reactive state, and those of a second copy of the package. */
import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isReactive, reactive, ref } from "@vue/reactivity";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { eachCase } from "../support/cases.js";

const project = inject("host");
type Affine = typeof import("affine-wasm");
type Nn = typeof import("affine-wasm/nn");

/** An entry of the package that is installed in `folder`. */
async function load<T>(folder: string, specifier: string): Promise<T> {
  const path = createRequire(join(folder, "index.js")).resolve(specifier);
  return import(/* @vite-ignore */ pathToFileURL(path).href) as Promise<T>;
}

let affine: Affine;
let nn: Nn;
beforeAll(async () => {
  affine = await load(project, "affine-wasm");
  nn = await load(project, "affine-wasm/nn");
});

const x = Float32Array.of(1, 2);
const examples = { x, targets: Float32Array.of(1) };
const objects = () => ({
  layer: new affine.Affine(2, 1),
  tensor: affine.tensor(2),
  net: new nn.Sequential(2, [nn.dense(1)]),
  optimizer: nn.sgd({ learningRate: 0.1 }),
});

describe("in Vue's ref and reactive", () => {
  it("networks, their layers, layers, tensors and optimizers stay what they are, and work", async () => {
    const state = reactive(objects());
    const all = [...Object.values(state), state.net.layers[0], ref(state.net).value];
    eachCase(all, (each) => expect(isReactive(each)).toBe(false));
    expect(state.layer.forward(x).length).toBe(1);
    expect(state.tensor.data.length).toBe(2);
    // Vue's types take private fields away.
    await state.net.fit(examples, { optimizer: state.optimizer as ReturnType<Nn["sgd"]> });
    expect(ref(state.net).value.layers[0]?.weight.length).toBe(2);
    eachCase([state.layer, state.tensor, state.net, state.optimizer], (each) => each.dispose());
  });

  it("specifications and losses work as what they stand for", () => {
    const state = reactive({ specs: [nn.dense(1, { activation: { leakyRelu: 0.1 } })], loss: nn.meanSquaredError() });
    // Frozen, a specification is left as it is.
    expect(isReactive(state.specs[0])).toBe(false);
    const net = new nn.Sequential(2, state.specs);
    expect(net.evaluate(examples, { loss: state.loss }).loss).toBeGreaterThanOrEqual(0);
    net.dispose();
  });
});

/** What every method of a proxied object says. */
const PROXIED = (caller: string, name: string, kind: string) =>
  `${caller}: ${name} is a proxy of the ${kind}, which hides its private fields; use the ${kind} itself, and keep it out of reactive state`;

describe("any other proxy", () => {
  it("is named, with the remedy, by every method and getter", () => {
    const { layer, tensor, net, optimizer } = objects();
    const proxied = <T extends object>(object: T) => new Proxy(object, {});
    const [l, t, n, o] = [proxied(layer), proxied(tensor), proxied(net), proxied(optimizer)];
    const inner = proxied(net.layers[0] as NonNullable<(typeof net.layers)[0]>);
    const uses: [string, string, string, () => unknown][] = [
      ["forward", "the layer", "Affine", () => l.forward(x)],
      ["backward", "the layer", "Affine", () => l.backward(x)],
      ["step", "the layer", "Affine", () => l.step(1)],
      ["weight", "the layer", "Affine", () => l.weight],
      ["bias", "the layer", "Affine", () => l.bias],
      ["dWeight", "the layer", "Affine", () => l.dWeight],
      ["dBias", "the layer", "Affine", () => l.dBias],
      ["dispose", "the layer", "Affine", () => l.dispose()],
      ["data", "the tensor", "Tensor", () => t.data],
      ["disposed", "the tensor", "Tensor", () => t.disposed],
      ["dispose", "the tensor", "Tensor", () => t.dispose()],
      ["predict", "the network", "Sequential", () => n.predict(x)],
      ["evaluate", "the network", "Sequential", () => n.evaluate(examples)],
      ["fit", "the network", "Sequential", () => n.fit(examples, { optimizer })],
      ["epochs", "the network", "Sequential", () => n.epochs(examples, { optimizer })],
      ["dispose", "the network", "Sequential", () => n.dispose()],
      ["weight", "the layer", "Layer", () => inner.weight],
      ["bias", "the layer", "Layer", () => inner.bias],
      ["dWeight", "the layer", "Layer", () => inner.dWeight],
      ["dBias", "the layer", "Layer", () => inner.dBias],
      ["fit", "optimizer", "optimizer", () => net.fit(examples, { optimizer: o })],
      ["saveCheckpoint", "optimizer", "optimizer", () => nn.saveCheckpoint(net, o, { epoch: 1 })],
      ["stepCount", "the optimizer", "optimizer", () => o.stepCount],
      ["exportState", "the optimizer", "optimizer", () => o.exportState()],
      ["importState", "the optimizer", "optimizer", () => o.importState(new Map(), 0)],
      ["dispose", "the optimizer", "optimizer", () => o.dispose()],
    ];
    eachCase(uses, ([caller, name, kind, use]) => {
      expect(use).toThrow(TypeError);
      expect(use).toThrow(PROXIED(caller, name, kind));
    });
  });

  it("is told from other objects", () => {
    const { net } = objects();
    const { predict } = net;
    expect(() => predict.call({} as typeof net, x)).toThrow("predict: the network must be a Sequential, got an Object");
    const optimizer = {} as ReturnType<Nn["sgd"]>;
    expect(() => net.fit(examples, { optimizer })).toThrow(
      "fit: optimizer must be an optimizer, such as sgd({ learningRate: 0.1 }), got an Object",
    );
    const layers = [{}] as ReturnType<Nn["dense"]>[];
    expect(() => new nn.Sequential(2, layers)).toThrow(
      "Sequential: layers[0] must be a dense(…), layerNorm(…) or dropout(…), got an Object",
    );
  });
});

describe("a second copy of the package", () => {
  let other: Nn;
  beforeAll(async () => {
    const folder = join(project, "second");
    cpSync(join(project, "node_modules/affine-wasm"), join(folder, "node_modules/affine-wasm"), { recursive: true });
    other = await load(folder, "affine-wasm/nn");
    expect(other.Sequential).not.toBe(nn.Sequential);
  });

  it("gives specifications and losses that this one takes, and bytes", async () => {
    const layers = [other.dense(3, { activation: "tanh", bias: false }), other.dense(1)];
    const net = new nn.Sequential(2, layers, { seed: 1 });
    const theirs = new other.Sequential(2, layers, { seed: 2 });
    await net.fit(examples, { optimizer: nn.sgd({ learningRate: 0.1 }), loss: other.meanSquaredError() });
    other.loadWeights(theirs, nn.saveWeights(net));
    expect([...theirs.predict(x)]).toEqual([...net.predict(x)]);
  });

  it("is named as the reason where its optimizer or network cannot be taken", () => {
    const net = new nn.Sequential(2, [nn.dense(1)]);
    const optimizer = other.sgd({ learningRate: 0.1 });
    expect(() => net.fit(examples, { optimizer: optimizer as never })).toThrow(
      'fit: optimizer is the optimizer of another copy of affine-wasm; all must come from one copy ("npm ls affine-wasm" lists them)',
    );
  });
});
