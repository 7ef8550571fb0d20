/** What is done with a scene: every call of nn that runs code of the caller's, or is followed by some. */
import { loadCheckpoint, meanSquaredError, saveCheckpoint } from "affine-wasm/nn";
import { quantize } from "affine-wasm/quantized";
import { wrong } from "../../support/cases.js";
import { OUT, ROWS, type Scene } from "./scene.js";

export const OPERATIONS: Readonly<Record<string, (scene: Scene) => Promise<unknown> | unknown>> = {
  fit: (scene) => scene.net.fit(...scene.run()),
  "fit with a loss of the caller's own": (scene) => scene.net.fit(...scene.run(true)),
  "two runs at once": async (scene) => {
    const run = async () => scene.net.fit(...scene.run());
    const failed = (await Promise.allSettled([run(), run()])).find(({ status }) => status === "rejected");
    if (failed) throw (failed as PromiseRejectedResult).reason;
  },
  epochs: async (scene) => {
    const run = scene.net.epochs(...scene.run());
    scene.called(undefined);
    for await (const _ of run) scene.called(undefined);
  },
  evaluate: (scene) => {
    const { examples, uses } = scene.examples();
    scene.net.evaluate(examples, scene.odd({ batchSize: 5 }));
    scene.computedWith(uses);
  },
  predict: (scene) => {
    scene.net.predict(scene.dataOf(scene.inputs), undefined, wrong(scene.odd({ layers: 2 })));
    scene.computedWith([scene.net, scene.inputs]);
  },
  "backward of a layer": (scene) => {
    scene.layer.backward(scene.layer.forward(scene.dataOf(scene.inputs)));
    scene.layer.forward(scene.dataOf(scene.inputs));
    scene.called(undefined);
    scene.layer.backward(new Float32Array(ROWS * OUT).fill(1), scene.odd({ inputGradient: true }));
    scene.computedWith([scene.layer, scene.inputs]);
  },
  importState: async (scene) => {
    await scene.train();
    const state = new Map([...scene.optimizer.exportState()].map(([name, values]) => [name, values.slice()]));
    scene.called(undefined);
    scene.optimizer.importState(state, 1);
  },
  checkpoints: async (scene) => {
    await scene.train();
    const bytes = saveCheckpoint(scene.net, scene.optimizer, scene.odd({ epoch: 1 }));
    scene.called(undefined);
    loadCheckpoint(scene.net, scene.optimizer, bytes, scene.odd({ maxBytes: 2 ** 20 }));
  },
  "a step by hand": (scene) => {
    const { net, optimizer, layer } = scene;
    const [x, uses] = scene.index(2) ? [scene.dataOf(scene.inputs), [scene.inputs]] : [scene.own(), []];
    const y = net.forward(x);
    scene.called(undefined);
    const { dy } = meanSquaredError().of(y, wrong(scene.odd({ targets: new Float32Array(ROWS * OUT) })));
    net.backward(dy, wrong(scene.odd({ inputGradient: scene.index(2) === 0, accumulate: scene.index(2) === 0 })));
    scene.computedWith([net, ...uses]);
    const both = scene.index(2) === 0;
    if (both) layer.backward(layer.forward(scene.own()));
    const targets = both ? [net, layer] : [net];
    // A list whose entries are read by code of the caller's.
    optimizer.step(wrong(scene.index(2) ? scene.oddList(targets) : targets));
    scene.computedWith([optimizer, ...targets]);
  },
  "gradients and weights by name": (scene) => {
    const { net } = scene;
    net.backward(net.forward(scene.own()), { inputGradient: false });
    const [first] = net.layers;
    scene.called(undefined);
    for (const values of [first?.dWeight, first?.dBias, first?.weight]) values?.fill(0.25);
    scene.computedWith([net]);
  },
  "predict of eight bits": (scene) => {
    scene.small.predict(scene.dataOf(scene.inputs));
    const { examples, uses } = scene.examples(true);
    scene.small.evaluate(examples, wrong(scene.odd({ loss: meanSquaredError() })));
    scene.computedWith([scene.small, ...uses.filter((each) => each !== scene.net)]);
  },
  "eight bits of a network that ends": (scene) => {
    scene.called(undefined);
    const small = quantize(scene.net);
    scene.computedWith([scene.net]);
    scene.called(undefined);
    small.predict(scene.own());
    small.dispose();
  },
};
