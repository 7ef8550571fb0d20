/** The app that `page.ts` opens: a training step of tf.layers on the threaded `wasm` backend, without the import and with it. */

import { getThreadsCount, setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, layers, sequential } from "@tensorflow/tfjs-layers";
import { register, restore } from "affine-wasm/tfjs";
import { enableThreads } from "affine-wasm/threads";

const SIZES = [784, 2048, 2048, 10];
const BATCH = 256;

export interface Times {
  readonly tfjs: number[];
  readonly ours: number[];
  readonly threads: { readonly tfjs: number; readonly ours: number };
  readonly shared: boolean;
}

async function measure(runs: number): Promise<Times> {
  setWasmPaths("/wasm/");
  const cores = navigator.hardwareConcurrency;
  const { online } = await enableThreads();
  // Asked for as many threads as there are cores, it takes at most half of those that the page tells of.
  Object.defineProperty(navigator, "hardwareConcurrency", { value: 2 * cores });
  setThreadsCount(cores);
  await tf.setBackend("wasm");
  const [inputs = 0, ...units] = SIZES;
  const model = sequential();
  for (const [i, size] of units.entries()) {
    model.add(
      layers.dense({
        units: size,
        activation: i < units.length - 1 ? "relu" : "softmax",
        kernelInitializer: initializers.glorotUniform({ seed: i }),
        ...(i === 0 && { inputShape: [inputs] }),
      }),
    );
  }
  model.compile({ optimizer: "sgd", loss: "categoricalCrossentropy" });
  const x = tf.randomUniform([BATCH, inputs]);
  const classes = Array.from({ length: BATCH }, (_, i) => i % 10);
  const y = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classes, "int32"), 10), "float32"));
  const time = async () => {
    const start = performance.now();
    await model.trainOnBatch(x, y);
    return performance.now() - start;
  };
  const [tfjs, ours]: [number[], number[]] = [[], []];
  for (let run = 0; run <= runs; run++) {
    restore();
    tfjs.push(await time());
    register();
    // The first step starts the kernels; the second one is warm.
    await time();
    ours.push(await time());
  }
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  const shared = !(wasm.HEAPU8.buffer instanceof ArrayBuffer);
  return { tfjs: tfjs.slice(1), ours: ours.slice(1), threads: { tfjs: getThreadsCount(), ours: online }, shared };
}

Object.assign(globalThis, { measure });
