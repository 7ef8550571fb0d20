/** Networks and optimizers that end in the middle: nobody else's memory is touched, and the error says what ended. */
import { memoryUsage } from "affine-wasm";
import { adam, loadCheckpoint, saveCheckpoint, sgd } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { thrownBy } from "../support/bystanders.js";
import { wrong } from "../support/cases.js";
import { blobs, network, weightsOf } from "../support/nn/blobs.js";
import { after, end, harmed, leave, rejection, settle } from "../support/nn/ends.js";

const { x, labels } = blobs(40);

const ofOptimizer = new ReferenceError("fit: the optimizer is used after dispose()");
const ofNetwork = new ReferenceError("fit: the network is used after dispose()");

describe("an optimizer that is disposed", () => {
  it.each(["onBatch", "a schedule", "a turn of the event loop"])("in %s: the run ends there", async (place) => {
    using net = network();
    const gone = () => {
      optimizer.dispose();
      settle();
    };
    const learningRate = place === "a schedule" ? (step: number) => (step === 3 ? after(gone, 0.1) : 0.1) : 0.1;
    const optimizer = adam({ learningRate });
    const onBatch = place === "onBatch" ? gone : undefined;
    if (place === "a turn of the event loop") setTimeout(gone);
    const epochs = place === "a turn of the event loop" ? 100_000 : 3;
    const error = await rejection(() => net.fit({ x, labels }, { optimizer, onBatch, epochs, batchSize: 8 }));
    expect(error).toEqual(ofOptimizer);
    expect(harmed()).toBe(0);
  });

  it("by `using`, in a function that returns the promise of the run", async () => {
    using net = network();
    const train = () => {
      using optimizer = adam({ learningRate: 0.1 });
      return net.fit({ x, labels }, { optimizer, epochs: 3 });
    };
    const run = train();
    settle();
    expect(await rejection(() => run)).toEqual(ofOptimizer);
    expect(harmed()).toBe(0);
  });

  it("before its first use, and one without any state", async () => {
    using net = network();
    for (const optimizer of [adam({ learningRate: 0.1 }), sgd({ learningRate: 0.1 })]) {
      optimizer.dispose();
      expect(thrownBy(() => net.fit({ x, labels }, { optimizer }))).toEqual(ofOptimizer);
      expect(thrownBy(() => optimizer.importState(new Map(), 0))).toEqual(
        new ReferenceError("importState: the optimizer is used after dispose()"),
      );
      expect(thrownBy(() => optimizer.exportState())).toEqual(
        new ReferenceError("exportState: the optimizer is used after dispose()"),
      );
    }
  });

  it("or whose network is: importState and loadCheckpoint write nothing", async () => {
    for (const which of ["optimizer", "network"] as const) {
      const [net, optimizer] = [network(), adam({ learningRate: 0.1 })];
      await net.fit({ x, labels }, { optimizer });
      const state = new Map([...optimizer.exportState()].map(([name, values]) => [name, values.slice()]));
      const bytes = saveCheckpoint(net, optimizer, { epoch: 1 });
      if (which === "optimizer") optimizer.dispose();
      else net.dispose();
      settle();
      const error = thrownBy(() => optimizer.importState(state, 1));
      expect(error).toBeInstanceOf(ReferenceError);
      expect((error as Error).message).toMatch(/^importState: the optimizer is used after dispose\(\)/);
      for (const call of [
        () => loadCheckpoint(net, optimizer, bytes),
        () => saveCheckpoint(net, optimizer, { epoch: 1 }),
      ]) {
        expect((thrownBy(call) as Error).message).toMatch(/dispose\(\)/);
      }
      expect(harmed()).toBe(0);
      net.dispose();
    }
  });

  it("and one of another network: loadCheckpoint refuses it, and changes neither", async () => {
    using net = network();
    using other = network();
    const [optimizer, others] = [adam({ learningRate: 0.1 }), adam({ learningRate: 0.1 })];
    await net.fit({ x, labels }, { optimizer });
    await other.fit({ x, labels }, { optimizer: others });
    const bytes = saveCheckpoint(net, optimizer, { epoch: 1 });
    await net.fit({ x, labels }, { optimizer });
    const before = [weightsOf(net), weightsOf(other), others.stepCount];
    expect(thrownBy(() => loadCheckpoint(net, others, bytes))).toEqual(
      new Error("loadCheckpoint: the optimizer belongs to another network; make one for each"),
    );
    expect([weightsOf(net), weightsOf(other), others.stepCount]).toEqual(before);
  });
});

describe("a network that is disposed", () => {
  it("in the last onBatch of an epoch with validation: no loss is invented", async () => {
    const net = network();
    const examples = { x: new Float32Array(512), labels: new Uint8Array(256) };
    const onBatch = () => {
      net.dispose();
      settle();
    };
    const options = { optimizer: sgd({ learningRate: 0.1 }), batchSize: 40, onBatch, validation: examples };
    expect(await rejection(() => net.fit({ x, labels }, options))).toEqual(ofNetwork);
    expect(harmed()).toBe(0);
  });

  it("in a schedule", async () => {
    const net = network();
    const learningRate = () => {
      net.dispose();
      settle();
      return 0.1;
    };
    const optimizer = sgd({ learningRate });
    expect(await rejection(() => net.fit({ x, labels }, { optimizer }))).toEqual(ofNetwork);
    expect(harmed()).toBe(0);
  });

  it.each(["options", "x", "labels"])("in a getter, of %s: fit, epochs and evaluate write nothing", (where) => {
    for (const caller of ["fit", "epochs", "evaluate"] as const) {
      const net = network();
      const { used } = memoryUsage();
      const odd = (value: unknown) => ({ get: () => after(() => end(net), value), enumerable: true });
      const examples = { x, labels: Array.from(labels) };
      if (where === "x") Object.defineProperty(examples, "x", odd(x));
      if (where === "labels") Object.defineProperty(examples.labels, 7, odd(0));
      const options = caller === "evaluate" ? {} : { optimizer: adam({ learningRate: 0.1 }) };
      if (where === "options") Object.defineProperty(options, "batchSize", odd(8));
      const error = thrownBy(() => net[caller](examples, wrong(options)));
      expect(error).toEqual(new ReferenceError(`${caller}: the network is used after dispose()`));
      expect(harmed()).toBe(0);
      leave();
      expect(memoryUsage().used).toBeLessThan(used);
    }
  });

  it("in a getter of predict's options", () => {
    const net = network();
    const options = { layers: 1 };
    Object.defineProperty(options, "layers", { get: () => after(() => end(net), 1), enumerable: true });
    const error = new ReferenceError("predict: the network is used after dispose()");
    expect(thrownBy(() => net.predict(x, undefined, options))).toEqual(error);
    expect(harmed()).toBe(0);
  });

  it("between epochs(…) and the first epoch, and between two", async () => {
    for (const first of [false, true]) {
      const net = network();
      const run = net.epochs({ x, labels }, { optimizer: adam({ learningRate: 0.1 }), epochs: 3 });
      if (first) await run.next();
      net.dispose();
      settle();
      const error = new ReferenceError("epochs: the network is used after dispose()");
      expect(await rejection(() => run.next())).toEqual(error);
      expect(harmed()).toBe(0);
    }
  });

  it("while two runs are under way on it, one with more rows than the other", async () => {
    const net = network();
    const options = { epochs: 20, shuffle: false };
    const runs = [4, 40].map((batchSize) =>
      net.fit({ x, labels }, { ...options, batchSize, optimizer: adam({ learningRate: 0.1 }) }),
    );
    setTimeout(() => {
      net.dispose();
      settle();
    });
    const long = net.fit({ x, labels }, { epochs: 1e6, batchSize: 20, optimizer: sgd({ learningRate: 0.01 }) });
    const ended = rejection(() => long);
    await Promise.allSettled(runs);
    expect(await ended).toEqual(ofNetwork);
    expect(harmed()).toBe(0);
  });
});
