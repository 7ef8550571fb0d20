/** Memory that runs out in the middle of a call, and memory of networks that were dropped undisposed. */
import { memoryUsage } from "affine-wasm";
import { adam, dense, type FitOptions, Sequential, saveCheckpoint, sgd } from "affine-wasm/nn";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Heap } from "../../src/memory/heap.js";
import { DTYPES, eachCase } from "../support/cases.js";
import { collectUntil, gc } from "../support/gc.js";

const used = () => memoryUsage().used;
const x = Float32Array.from({ length: 2 * 20 }, (_, i) => Math.sin(i));
const labels = Array.from({ length: 20 }, (_, i) => i % 3);
const targets = new Float32Array(3 * 20).fill(0.5);
const network = () => new Sequential(2, [dense(4, { activation: "gelu" }), dense(3)], { seed: 1 });
const weightsOf = (net: Sequential) => net.layers.map(({ weight, bias }) => [...(weight ?? []), ...(bias ?? [])]);

/** What a function makes is out of reach once it has returned; inlined, it might still lie in a register. */
async function drop(make: () => unknown): Promise<void> {
  await Promise.resolve();
  await make();
  await Promise.resolve();
}

describe("memory that runs out", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** From the `n`-th allocation on there is none. */
  function refuse(n: number): void {
    const { allocate } = Heap.prototype;
    let count = 0;
    vi.spyOn(Heap.prototype, "allocate").mockImplementation(function limited(this: Heap, bytes, caller) {
      return allocate.call(this, ++count < n ? bytes : 2 ** 40, caller);
    });
  }

  const fit = (net: Sequential, options: Partial<FitOptions>, examples: object = { labels }) =>
    net.fit({ x, ...examples } as never, { optimizer: sgd({ learningRate: 0.1 }), seed: 1, ...options });
  /** Each with the number of blocks that it takes. */
  const CALLS: [string, number, (net: Sequential) => unknown][] = [
    ["Sequential", 1, () => network().dispose()],
    ["predict", 2, (net) => net.predict(x)],
    ["evaluate", 3, (net) => net.evaluate({ x, labels })],
    ["evaluate", 3, (net) => net.evaluate({ x, targets })],
    ["dWeight", 1, (net) => net.layers[0]?.dWeight],
    ["dBias", 1, (net) => net.layers[1]?.dBias],
    ["fit", 5, (net) => fit(net, {})],
    ["fit", 4, (net) => fit(net, { shuffle: false })],
    ["fit", 5, (net) => fit(net, {}, { targets })],
    ["fit", 10, (net) => fit(net, { validation: { x, labels }, optimizer: adam({ learningRate: 0.1 }) })],
  ];

  it("is a RangeError in the name of the call, which changes nothing and can be made again", async () => {
    const before = used();
    for (const [caller, blocks, call] of CALLS) {
      for (let n = 1; n <= blocks; n++) {
        const message = `${caller}, block ${n} of ${blocks}`;
        using net = network();
        const weights = weightsOf(net);
        refuse(n);
        expect(() => call(net), message).toThrow(
          expect.objectContaining({
            name: "RangeError",
            message: expect.stringMatching(`^${caller}: out of memory: \\d+ bytes wanted`),
            cause: expect.any(Error),
          }),
        );
        vi.restoreAllMocks();
        expect(weightsOf(net), message).toEqual(weights);
        await call(net);
      }
      using net = network();
      refuse(blocks + 1);
      await call(net);
      vi.restoreAllMocks();
    }
    expect(used()).toBe(before);
  });
});

describe("memory of a network that was dropped undisposed", () => {
  it("comes back once it is garbage, with that of its optimizer", async () => {
    gc();
    const before = used();
    await drop(async () => {
      for (const dtype of DTYPES) {
        const net = new Sequential(30, [dense(20, { activation: "tanh" }), dense(3)], { dtype });
        const own = dtype === "float32" ? new Float32Array(300) : new Float64Array(300);
        net.predict(own as never);
        const optimizer = adam({ learningRate: 0.1 });
        await net.fit({ x: own as never, labels: new Uint8Array(10) }, { optimizer });
      }
      expect(used()).toBeGreaterThan(before + 10_000);
    });
    expect(await collectUntil(() => used() === before)).toBe(true);
  });

  it("stays while a view may live", async () => {
    let views: Float32Array[] = [];
    const before = used();
    await drop(() => {
      const net = network();
      views = net.layers.map(({ weight }) => weight);
    });
    await collectUntil(() => false, 10);
    expect(used()).toBeGreaterThan(before);
    eachCase(views, (view) => expect(view.length).toBeGreaterThan(0));
  });
});

describe("memory of an optimizer that was replaced", () => {
  it("comes back once nobody has it, while its network lives, also if it went into checkpoints", async () => {
    using net = network();
    await net.fit({ x, labels }, { optimizer: sgd({ learningRate: 0.1 }) });
    gc();
    const before = used();
    for (let i = 0; i < 20; i++) {
      await drop(async () => {
        const optimizer = adam({ learningRate: 0.1 });
        await net.fit({ x, labels }, { optimizer });
        saveCheckpoint(net, optimizer, { epoch: 1 });
      });
    }
    expect(used()).toBeGreaterThan(before);
    expect(await collectUntil(() => used() === before)).toBe(true);
  });

  it("stays while a view of its state may live, and comes back with the network", async () => {
    const start = used();
    const net = network();
    const views: Float32Array[] = [];
    const train = async () => {
      const optimizer = adam({ learningRate: 0.1 });
      await net.fit({ x, labels }, { optimizer });
      for (const view of optimizer.exportState().values()) views.push(view as Float32Array);
    };
    await train();
    const [held, values] = [used(), views.map((view) => [...view])];
    await collectUntil(() => false, 10);
    expect(used()).toBe(held);
    expect(views.map((view) => [...view])).toEqual(values);
    net.dispose();
    expect(used()).toBe(start);
  });

  it("a run that is not begun, or left, keeps none", async () => {
    using net = network();
    await net.fit({ x, labels }, { optimizer: sgd({ learningRate: 0.1 }) });
    const before = used();
    for (let i = 0; i < 5; i++) {
      net.epochs({ x, labels }, { optimizer: sgd({ learningRate: 0.1 }) });
      await net.epochs({ x, labels }, { optimizer: sgd({ learningRate: 0.1 }) }).return();
      for await (const _ of net.epochs({ x, labels }, { optimizer: sgd({ learningRate: 0.1 }), epochs: 3 })) break;
    }
    expect(used()).toBe(before);
  });
});
