/** Examples and other arrays of the caller's, whatever becomes of them, of their class, or of their memory. */
import { memoryUsage, tensor } from "affine-wasm";
import { dense, meanSquaredError, Sequential, sgd, softmaxCrossEntropy } from "affine-wasm/nn";
import { describe, expect, it } from "vitest";
import { lying, Matrix, thrownBy } from "../support/bystanders.js";
import { wrong } from "../support/cases.js";
import { blobs, network, weightsOf } from "../support/nn/blobs.js";
import { after, harmed, rejection, settle } from "../support/nn/ends.js";

const { x, labels } = blobs(40);

describe("examples in the module's memory", () => {
  const held = (values: ArrayLike<number>) => {
    const made = tensor(values.length);
    made.data.set(values);
    return made;
  };
  const gone = (caller: string, name: string) =>
    new ReferenceError(`${caller}: ${name} lies in memory that dispose() returned`);

  it.each([true, false])("whose tensor is disposed in a run (shuffle: %s)", async (shuffle) => {
    using net = network();
    const inputs = held(x);
    const onBatch = () => inputs.dispose();
    const optimizer = sgd({ learningRate: 0.1 });
    const run = () => net.fit({ x: inputs.data, labels }, { optimizer, onBatch, shuffle, batchSize: 8 });
    expect(await rejection(run)).toEqual(gone("fit", "examples.x"));
  });

  it("whose tensor is disposed in a run, and whose bytes have a new owner", async () => {
    using net = network();
    const targets = held(new Float32Array(120));
    const onBatch = () => {
      targets.dispose();
      settle();
    };
    const optimizer = sgd({ learningRate: 0.1 });
    const run = () =>
      net.fit({ x, targets: targets.data }, { optimizer, onBatch, batchSize: 8, loss: meanSquaredError() });
    expect(await rejection(run)).toEqual(gone("fit", "examples.targets"));
  });

  it("whose tensor is disposed in the loss of the last batch: the gradients of others' values change nothing", async () => {
    using net = network();
    const before = weightsOf(net);
    const inputs = held(x);
    const loss = () => {
      inputs.dispose();
      settle();
      return 0;
    };
    const options = { optimizer: sgd({ learningRate: 0.1 }), batchSize: 40, shuffle: false, loss };
    const run = () => net.fit({ x: inputs.data, targets: new Float32Array(120) }, options);
    expect(await rejection(run)).toEqual(gone("fit", "examples.x"));
    expect(weightsOf(net)).toEqual(before);
  });

  it("of which only a part is used, and validation", async () => {
    using net = network();
    const inputs = held(new Float32Array(400));
    const part = inputs.data.subarray(32, 112);
    const onBatch = () => {
      inputs.dispose();
      settle();
    };
    const optimizer = sgd({ learningRate: 0.1 });
    const run = () =>
      net.fit(
        { x, labels },
        { optimizer, batchSize: 40, onBatch, validation: { x: part, labels: labels.slice(0, 40) } },
      );
    expect(await rejection(run)).toEqual(gone("fit", "validation.x"));
  });

  it("that are leftovers from the start: fit, epochs and evaluate refuse them, as predict does", () => {
    using net = network();
    const inputs = held(x);
    const view = inputs.data;
    inputs.dispose();
    const optimizer = sgd({ learningRate: 0.1 });
    expect(thrownBy(() => net.fit({ x: view, labels }, { optimizer }))).toEqual(gone("fit", "examples.x"));
    expect(thrownBy(() => net.epochs({ x: view, labels }, { optimizer }))).toEqual(gone("epochs", "examples.x"));
    expect(thrownBy(() => net.evaluate({ x: view, labels }))).toEqual(gone("evaluate", "examples.x"));
  });

  it("that lie elsewhere once memory has grown, in a callback too, are the same examples", async () => {
    using net = network();
    using other = network();
    using inputs = held(x);
    const options = { optimizer: sgd({ learningRate: 0.1 }), shuffle: false, batchSize: 8, seed: 1 };
    let taken: ReturnType<typeof tensor> | undefined;
    const onBatch = () => {
      taken ??= tensor(memoryUsage().total / 4);
    };
    await net.fit({ x: inputs.data, labels }, { ...options, onBatch });
    await other.fit({ x, labels }, { ...options, optimizer: sgd({ learningRate: 0.1 }) });
    taken?.dispose();
    expect(weightsOf(net)).toEqual(weightsOf(other));
  });
});

interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}

/** ECMAScript 2024; the types here are older. */
const resizableBuffer = (maxByteLength: number) =>
  Reflect.construct(ArrayBuffer, [maxByteLength, { maxByteLength }]) as Resizable;

describe("the caller's own arrays", () => {
  it("may be of classes whose constructors take other arguments: predict, evaluate and fit", async () => {
    const rows = Matrix.of2(40, 2, (i) => x[i] as number);
    using net = network();
    using plain = network();
    net.predict(new Float32Array(80).fill(3));
    expect([...net.predict(rows)]).toEqual([...plain.predict(x)]);
    expect([...net.predict(rows, new Matrix(40, 3))]).toEqual([...plain.predict(x)]);
    expect(net.evaluate({ x: rows, labels })).toEqual(plain.evaluate({ x, labels }));
    const options = { epochs: 2, batchSize: 8, seed: 1 };
    for (const shuffle of [true, false]) {
      const [history] = await net.fit(
        { x: rows, labels },
        { ...options, shuffle, optimizer: sgd({ learningRate: 0.1 }) },
      );
      const [expected] = await plain.fit({ x, labels }, { ...options, shuffle, optimizer: sgd({ learningRate: 0.1 }) });
      expect(history).toEqual(expected);
    }
    expect(weightsOf(net)).toEqual(weightsOf(plain));
  });

  it.each([2, 400])("may say that they are longer or shorter than they are: %i instead of 80", async (says) => {
    using net = network();
    settle();
    const liar = lying(80, says);
    expect(net.predict(liar)).toHaveLength(120);
    await net.fit({ x: liar, labels }, { optimizer: sgd({ learningRate: 0.1 }), epochs: 2 });
    expect(harmed()).toBe(0);
  });

  it("cannot be parameters of the network where outputs go: predict refuses that", () => {
    using net = new Sequential(4, [dense(4), dense(4)], { seed: 1 });
    const before = weightsOf(net);
    const error = new RangeError("predict: out overlaps the network's parameters in memory");
    expect(thrownBy(() => net.predict(new Float32Array(16), net.layers[0].weight))).toEqual(error);
    expect(weightsOf(net)).toEqual(before);
  });

  it("cannot be what a fit writes, in place or not: the network's parameters, or their gradients", () => {
    using net = new Sequential(4, [dense(4), dense(4)], { seed: 1 });
    using apart = tensor(16);
    const before = weightsOf(net);
    const { weight, dWeight } = net.layers[1];
    const good = { x: apart.data, targets: apart.data };
    for (const shuffle of [true, false]) {
      for (const [what, array] of Object.entries({ parameters: weight, gradients: dWeight })) {
        for (const name of ["x", "targets"]) {
          const bad = { ...good, [name]: array };
          const run = (of: typeof good, validation?: typeof good) =>
            thrownBy(() => net.fit(of, { optimizer: sgd({ learningRate: 0.1 }), shuffle, validation }));
          const error = (whose: string) =>
            new RangeError(`fit: ${whose}.${name} overlaps the network's ${what} in memory`);
          expect(run(bad)).toEqual(error("examples"));
          expect(run(good, bad)).toEqual(error("validation"));
        }
      }
    }
    expect(weightsOf(net)).toEqual(before);
  });

  it("transferred in a run, or on a buffer that shrinks: the run ends with the reason", async () => {
    using net = network();
    const why = (name: string) =>
      new TypeError(
        `fit: ${name} is detached: its buffer was transferred, or shrank, while it was in use; leave it as it is until the ` +
          "call is done, or pass a copy, such as x.slice()",
      );
    for (const shuffle of [true, false]) {
      const optimizer = sgd({ learningRate: 0.1 });
      const moved = x.slice();
      const onBatch = () => structuredClone(moved.buffer, { transfer: [moved.buffer] });
      expect(
        await rejection(() => net.fit({ x: moved, labels }, { optimizer, onBatch, shuffle, batchSize: 8 })),
      ).toEqual(why("examples.x"));
      const buffer = resizableBuffer(x.byteLength);
      for (const resizable of [new Float32Array(buffer), new Float32Array(buffer, 0, 80)]) {
        buffer.resize(x.byteLength);
        resizable.set(x);
        const shrink = () => buffer.resize(8);
        const run = () => net.fit({ x: resizable, labels }, { optimizer, onBatch: shrink, shuffle, batchSize: 8 });
        expect(await rejection(run)).toEqual(why("examples.x"));
      }
    }
  });

  it("labels of 64 bits, as NumPy writes them, are taken, and others of their kind named", () => {
    using net = network();
    const expected = net.evaluate({ x, labels });
    const wide = BigInt64Array.from(labels, BigInt);
    expect(net.evaluate({ x, labels: wide })).toEqual(expected);
    expect(net.evaluate({ x, labels: BigUint64Array.from(wide) })).toEqual(expected);
    wide[3] = -1n;
    expect(thrownBy(() => net.evaluate({ x, labels: wide }))).toEqual(
      new RangeError("evaluate: examples.labels[3] must be a class from 0 to 2, got the bigint -1"),
    );
    wide[3] = 2n ** 62n;
    expect(thrownBy(() => net.evaluate({ x, labels: wide }))).toEqual(
      new RangeError("evaluate: examples.labels[3] must be a class from 0 to 2, got the bigint 4611686018427387904"),
    );
    const texts = wrong(Array.from(labels, String));
    expect(thrownBy(() => net.evaluate({ x, labels: texts }))).toEqual(
      new RangeError("evaluate: examples.labels[0] must be a class from 0 to 2, got a string"),
    );
  });

  it("options are read once", async () => {
    using net = network();
    const reads: string[] = [];
    const counted = <T extends object>(target: T): T =>
      new Proxy(target, { get: (from, key) => after(() => reads.push(String(key)), Reflect.get(from, key)) });
    const optimizer = sgd({ learningRate: 0.1 });
    await net.fit(
      counted({ x, labels }),
      counted({ optimizer, loss: softmaxCrossEntropy(), validation: counted({ x, labels }) }),
    );
    net.evaluate(counted({ x, labels }), counted({ loss: softmaxCrossEntropy() }));
    const runs = { x: 3, labels: 3, targets: 3, weights: 3, loss: 2, classWeights: 2, batchSize: 2 };
    for (const key of new Set(reads)) {
      expect(reads.filter((each) => each === key).length, key).toBe(runs[key as keyof typeof runs] ?? 1);
    }
  });
});
