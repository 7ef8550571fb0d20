/** TensorFlow.js on its WebAssembly backend, one thread. Loaded only when something is measured. */
import { setWasmPaths, version_wasm } from "@tensorflow/tfjs-backend-wasm";
import scalarUrl from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url";
import simdUrl from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url";
import * as tf from "@tensorflow/tfjs-core";
import type { Problem } from "../../../bench/common/problem.ts";
import type { Contender } from "./contenders.ts";

/** Starts the backend; returns its version. */
export async function startTfjs(): Promise<string> {
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths({
    "tfjs-backend-wasm.wasm": scalarUrl,
    "tfjs-backend-wasm-simd.wasm": simdUrl,
    // It wants an entry for its threads too, which the flag above keeps it from loading.
    "tfjs-backend-wasm-threaded-simd.wasm": simdUrl,
  });
  if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js: its WebAssembly backend did not start");
  await tf.ready();
  return version_wasm;
}

/**
 * The backward pass copies the transposed operands first: several times faster than the transposing products that
 * `tf.grads` asks for, and so the best that this backend can do.
 */
export function tfjs({ batch, inFeatures, outFeatures, ...operands }: Problem): Contender {
  const x = tf.tensor2d(operands.x, [batch, inFeatures]);
  const weight = tf.tensor2d(operands.weight, [inFeatures, outFeatures]);
  const bias = tf.tensor1d(operands.bias);
  const dy = tf.tensor2d(operands.dy, [batch, outFeatures]);
  const forward = () => tf.tidy(() => tf.add(tf.matMul(x, weight), bias));
  const backward = () => ({
    dx: tf.tidy(() => tf.matMul(dy, tf.transpose(weight))),
    dWeight: tf.tidy(() => tf.matMul(tf.transpose(x), dy)),
    dBias: tf.sum(dy, 0),
  });
  const read = (tensor: tf.Tensor) => {
    const values = tensor.dataSync<"float32">().slice();
    tensor.dispose();
    return values;
  };
  return {
    name: "tfjs",
    // The kernels of this backend are synchronous: when a call returns, its result is there.
    forward: () => forward().dispose(),
    backward: () => tf.dispose(backward()),
    results: (pass) => {
      if (pass === "forward") return { y: read(forward()) };
      const { dx, dWeight, dBias } = backward();
      return { dx: read(dx), dWeight: read(dWeight), dBias: read(dBias) };
    },
    dispose: () => tf.dispose([x, weight, bias, dy]),
  };
}
