/** The network of the main job: made, trained, and timed against plain JavaScript. */
import { cosine, type DenseSpec, dense, Sequential, sgd, softmaxCrossEntropy } from "affine-wasm/nn";
import { Presets, SingleBar } from "cli-progress";
import type { Digits } from "../tools/idx.js";
import type { Options } from "./options.js";
import { PlainNetwork } from "./plain-network.js";
import { columns, print } from "./terminal.js";

const CLASSES = 10;
/** Columns of the progress line without its bar. */
const BESIDE_BAR = 54;
/** Digits of the slice that both networks train on. */
const SLICE = 6400;

/** A network of dense layers alone. */
export type DenseNetwork = Sequential<"float32", readonly DenseSpec[]>;

export function createNetwork(pixels: number, hidden: number, seed = 1): DenseNetwork {
  return new Sequential(pixels, [dense(hidden, { activation: "relu" }), dense(CLASSES)], { seed });
}

export interface Samples {
  /** count × pixels, from 0 to 1. */
  readonly x: Float32Array;
  readonly labels: Uint8Array;
}

export function samplesOf({ images, labels }: Digits): Samples {
  const x = new Float32Array(images.length);
  for (let i = 0; i < x.length; i++) x[i] = (images[i] as number) / 255;
  return { x, labels };
}

/** Trains with a bar on a terminal, and a line for each epoch. */
export async function train(network: DenseNetwork, data: Samples, test: Samples, options: Options): Promise<void> {
  const { epochs, batch, rate, momentum, seed } = options;
  const format = "epoch {epoch}/{epochs} {bar} {percentage}%  loss {loss}  {speed} images/s";
  const barsize = Math.min(40, Math.max(4, columns() - BESIDE_BAR));
  const looks = { format, barsize, clearOnComplete: true, hideCursor: true, fps: 10 };
  const bar = new SingleBar(looks, Presets.shades_classic);
  const count = data.labels.length;
  const steps = Math.ceil(count / batch);
  let start = performance.now();
  const run = network.epochs(data, {
    loss: softmaxCrossEntropy(),
    optimizer: sgd({ learningRate: cosine({ from: rate }), momentum }),
    epochs,
    batchSize: batch,
    shuffle: true,
    seed,
    validation: test,
    onBatch: ({ epoch, step, loss }) => {
      const done = ((step - 1) % steps) + 1;
      const speed = Math.round((1000 * done * batch) / (performance.now() - start));
      bar.update(done, { epoch, epochs, loss: loss.toFixed(4), speed });
    },
  });
  bar.start(steps, 0, { epoch: 1, epochs, loss: "-", speed: "-" });
  try {
    for await (const { epoch, loss, validation } of run) {
      const speed = Math.round((1000 * count) / (performance.now() - start));
      bar.stop();
      const accuracy = (100 * (validation?.accuracy ?? 0)).toFixed(2);
      print(`epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  ${speed} images/s  test ${accuracy} %`);
      if (epoch < epochs) bar.start(steps, 0, { epoch: epoch + 1, epochs, loss: "-", speed: "-" });
      start = performance.now();
    }
  } finally {
    bar.stop();
  }
}

/** Both networks start from the trained weights and see the same batches; their losses must agree. */
export async function compareWithPlain(network: DenseNetwork, data: Samples, options: Options): Promise<void> {
  const { batch, rate, momentum } = options;
  const plain = new PlainNetwork(network.layers, momentum);
  const pixels = data.x.length / data.labels.length;
  const labels = data.labels.subarray(0, SLICE);
  const x = data.x.subarray(0, labels.length * pixels);

  let start = performance.now();
  const optimizer = sgd({ learningRate: rate / 10, momentum });
  const history = await network.fit(
    { x, labels },
    { loss: softmaxCrossEntropy(), optimizer, epochs: 1, batchSize: batch, shuffle: false },
  );
  const fastLoss = history[0]?.loss ?? Number.NaN;
  const fastSeconds = (performance.now() - start) / 1000;
  start = performance.now();
  let total = 0;
  for (let from = 0; from < labels.length; from += batch) {
    const some = labels.subarray(from, from + batch);
    total += plain.train(x.subarray(from * pixels, (from + some.length) * pixels), some, rate / 10) * some.length;
  }
  const slowSeconds = (performance.now() - start) / 1000;
  const slowLoss = total / labels.length;
  print(`\nthe same ${labels.length} digits once more, with affine-wasm and with the best plain JavaScript:`);
  print(`  affine-wasm  loss ${fastLoss.toFixed(6)}  ${fastSeconds.toFixed(3)} s`);
  print(`  plain JS     loss ${slowLoss.toFixed(6)}  ${slowSeconds.toFixed(3)} s`);
  const difference = Math.abs(fastLoss - slowLoss) / slowLoss;
  if (!(difference < 1e-2)) throw new Error(`the losses differ by ${(100 * difference).toFixed(2)} %`);
  const times = (slowSeconds / fastSeconds).toFixed(1);
  print(`  the losses agree to ${difference.toExponential(0)}; ${times} times faster`);
}
