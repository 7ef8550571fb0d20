/** Checkpoints: a run that goes on from one ends with the same bits as one that never stopped. */
import {
  adam,
  adamW,
  cosine,
  dense,
  dropout,
  layerNorm,
  loadCheckpoint,
  parseSafetensors,
  Sequential,
  saveCheckpoint,
  saveWeights,
  sgd,
  writeSafetensors,
} from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { arrayOf, DTYPES, eachCase, expectError, randomFrom, wrong } from "../../support/cases.js";

const OPTIMIZERS = {
  sgd: () => sgd({ learningRate: 0.1 }),
  "sgd with momentum": () => sgd({ learningRate: cosine({ from: 0.1 }), momentum: 0.9, nesterov: true }),
  adam: () => adam({ learningRate: 0.01, clipNorm: 1 }),
  adamW: () => adamW({ learningRate: cosine({ from: 0.01, warmup: 3 }) }),
};

/** Masks and all: they depend on the seed of the network, and on the rows that it was trained on. */
const layersWithDropout = () => [dense(7, { activation: "sigmoid" }), layerNorm(), dropout(0.2), dense(3)];
const EPOCHS = 4;

describe.each(DTYPES)("a run in %s that goes on from a checkpoint", (dtype) => {
  it.each(Object.entries(OPTIMIZERS))("ends with the bits of one that never stopped: %s", async (_, optimizerOf) => {
    const random = randomFrom(7);
    const x = arrayOf(dtype, 50 * 5, random);
    const labels = Array.from({ length: 50 }, () => Math.floor((random() + 1) * 1.5));
    const options = { epochs: EPOCHS, batchSize: 8, seed: 3 };

    using whole = new Sequential(5, layersWithDropout(), { dtype, seed: 1 });
    const wholeOptimizer = optimizerOf();
    await whole.fit({ x, labels }, { ...options, optimizer: wholeOptimizer });

    using stopped = new Sequential(5, layersWithDropout(), { dtype, seed: 1 });
    const optimizer = optimizerOf();
    let bytes = new Uint8Array(0);
    for await (const { epoch } of stopped.epochs({ x, labels }, { ...options, optimizer })) {
      bytes = saveCheckpoint(stopped, optimizer, { epoch, seed: options.seed });
      if (epoch === 2) break;
    }

    using resumed = new Sequential(5, layersWithDropout(), { dtype, seed: 2 });
    const next = optimizerOf();
    const checkpoint = loadCheckpoint(resumed, next, bytes);
    expect(checkpoint).toEqual({ epoch: 2, seed: 3, step: 14, metadata: {} });
    expect(saveCheckpoint(resumed, next, { epoch: 2, seed: 3 })).toEqual(bytes);
    const { epoch, seed } = checkpoint;
    await resumed.fit({ x, labels }, { ...options, seed: seed as number, startEpoch: epoch + 1, optimizer: next });

    expect(saveWeights(resumed)).toEqual(saveWeights(whole));
    expect(saveWeights(stopped)).not.toEqual(saveWeights(whole));
    expect(saveCheckpoint(resumed, next, { epoch: 4 })).toEqual(saveCheckpoint(whole, wholeOptimizer, { epoch: 4 }));
  });
});

describe("saveCheckpoint", () => {
  it("writes the weights, the optimizer's state, zeros before its first use, and the metadata", () => {
    using net = new Sequential(2, [dense(1)], { seed: 1 });
    const bytes = saveCheckpoint(net, adam({ learningRate: 1 }), { epoch: 0, metadata: { note: "start" } });
    const { tensors, metadata } = parseSafetensors(bytes);
    expect([...tensors.keys()].sort()).toEqual([
      "0.bias",
      "0.weight",
      "optimizer.mean.0.bias",
      "optimizer.mean.0.weight",
      "optimizer.meanSquare.0.bias",
      "optimizer.meanSquare.0.weight",
    ]);
    expect(tensors.get("optimizer.mean.0.weight")).toEqual({ dtype: "F32", shape: [2, 1], data: new Float32Array(2) });
    expect(metadata).toEqual({
      note: "start",
      checkpoint: '{"version":1,"optimizer":"adam","step":0,"epoch":0,"seed":null,"dropout":{"seed":1,"rows":0}}',
    });
    const read = loadCheckpoint(net, adam({ learningRate: 1 }), bytes);
    expect(read).toEqual({ epoch: 0, seed: null, step: 0, metadata: { note: "start" } });
  });

  it("refuses bad options and the optimizer of another network", async () => {
    using net = new Sequential(2, [dense(1)], { seed: 1 });
    using other = new Sequential(3, [dense(1)], { seed: 1 });
    const optimizer = adam({ learningRate: 0.1 });
    await other.fit({ x: new Float32Array(3), targets: new Float32Array(1) }, { optimizer });
    const cases: [unknown, unknown, object, typeof TypeError, string][] = [
      [net, optimizer, { epoch: 1 }, Error, "the optimizer belongs to another network; make one for each"],
      [
        net,
        {},
        { epoch: 1 },
        TypeError,
        "optimizer must be an optimizer, such as sgd({ learningRate: 0.1 }), got an Object",
      ],
      [{}, optimizer, { epoch: 1 }, TypeError, "net must be a Sequential, got an Object"],
      [other, optimizer, {}, TypeError, "options.epoch must be a number, got undefined"],
      [
        other,
        optimizer,
        { epoch: 1, seed: -1 },
        RangeError,
        "options.seed must be a whole number from 0 to 4294967295, got -1",
      ],
      [other, optimizer, { epoch: 1, step: 2 }, RangeError, 'options has no "step"; there are epoch, seed, metadata'],
      [
        other,
        optimizer,
        { epoch: 1, metadata: { checkpoint: "" } },
        RangeError,
        'options.metadata cannot have "checkpoint"',
      ],
      [
        net,
        optimizer,
        { epoch: 1, metadata: new Map([["a", "b"]]) },
        TypeError,
        "options.metadata must be a plain object, got a Map; Object.fromEntries makes one",
      ],
    ];
    eachCase(cases, ([network, rule, options, kind, message]) =>
      expectError(
        () => saveCheckpoint(wrong(network), wrong(rule), wrong(options)),
        kind,
        `saveCheckpoint: ${message}`,
      ),
    );
  });
});

describe("loadCheckpoint", () => {
  it("refuses what does not fit, and leaves network and optimizer as they were", async () => {
    using net = new Sequential(2, [dense(1)], { seed: 1 });
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
    await net.fit({ x: Float32Array.of(1, 2), targets: Float32Array.of(3) }, { optimizer });
    const good = saveCheckpoint(net, optimizer, { epoch: 1 });
    const { tensors, metadata } = parseSafetensors(good);
    await net.fit({ x: Float32Array.of(1, 2), targets: Float32Array.of(3) }, { optimizer });
    const before = saveCheckpoint(net, optimizer, { epoch: 2 });
    expect(before).not.toEqual(good);

    const changed = (name: string, tensor: unknown) => {
      const copy = new Map<string, unknown>(tensors);
      if (tensor) copy.set(name, tensor);
      else copy.delete(name);
      return writeSafetensors(wrong(copy), metadata);
    };
    const about = (text: string) => writeSafetensors(tensors, { checkpoint: text });
    const f64 = { dtype: "F64", shape: [2, 1], data: Float64Array.of(1, 2) };
    const row = { dtype: "F32", shape: [1, 2], data: Float32Array.of(1, 2) };
    const momentum = "optimizer.momentum.0.weight";
    const cases: [Uint8Array, string][] = [
      [writeSafetensors(tensors), 'the file is no checkpoint: its metadata has no "checkpoint"'],
      [about("{"), `the file's metadata "checkpoint" is {, expected version 1`],
      [about("null"), `the file's metadata "checkpoint" is null, expected version 1`],
      [
        about('{"version":2,"optimizer":"sgd"}'),
        `the file's metadata "checkpoint" is {"version":2,"optimizer":"sgd"}, expected version 1`,
      ],
      [
        about('{"version":1,"optimizer":"sgd","step":-1,"epoch":1,"seed":null}'),
        "the checkpoint's step must be a whole number from 0 to 9007199254740991, got -1",
      ],
      [
        about('{"version":1,"optimizer":"adam","step":1,"epoch":1,"seed":null}'),
        "the checkpoint is of the optimizer adam, got sgd",
      ],
      [changed("0.weight", null), 'the checkpoint has no "0.weight"'],
      [changed(momentum, null), `the checkpoint has no "${momentum}"`],
      [changed("0.weight", f64), 'tensor "0.weight" is F64 [2,1], expected F32 [2,1]'],
      [changed(momentum, row), `tensor "${momentum}" is F32 [1,2], expected F32 [2,1]`],
      [changed("1.weight", row), 'the checkpoint has "1.weight", which this network and optimizer have not'],
    ];
    eachCase(cases, ([bytes, message]) => {
      expectError(() => loadCheckpoint(net, optimizer, bytes), RangeError, `loadCheckpoint: ${message}`);
      expect(saveCheckpoint(net, optimizer, { epoch: 2 })).toEqual(before);
    });
    expect(() => loadCheckpoint(net, optimizer, good.subarray(1))).toThrow(/^parseSafetensors: /);

    // And what fits goes into both, although they are in use.
    loadCheckpoint(net, optimizer, good);
    expect(saveCheckpoint(net, optimizer, { epoch: 1 })).toEqual(good);
  });
});
