/** TensorFlow.js on its WebAssembly backend (XNNPACK), and on its plain JavaScript backend. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import { local, type Peer } from "../peer.ts";
import { versionOf } from "../version.ts";

type Product = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor;

/** dX and dW as TensorFlow.js's own gradients ask for them: the kernel is told to transpose. */
const flagged = {
  input: (dy: tf.Tensor2D, weight: tf.Tensor2D) => tf.matMul(dy, weight, false, true),
  weight: (x: tf.Tensor2D, dy: tf.Tensor2D) => tf.matMul(x, dy, true, false),
};

/** A transposed copy first, then a plain product. */
const copied = {
  input: (dy: tf.Tensor2D, weight: tf.Tensor2D) => tf.tidy(() => tf.matMul(dy, tf.transpose(weight))),
  weight: (x: tf.Tensor2D, dy: tf.Tensor2D) => tf.tidy(() => tf.matMul(tf.transpose(x), dy)),
};

const PACKED =
  "the forward pass is timed as in inference: it packs a weight once and keeps that, while after a step of training it " +
  "would pack again; transposed operands are copied first in the backward pass; on the same shape, " +
  "some runs of this benchmark measured half the speed of others (27 and 12 GFLOP/s at 256×512×512)";

/** With transposed copies, which is several times faster than what `tf.grads` does on this backend. */
export async function tfjsWasm(): Promise<Peer> {
  setThreadsCount(1);
  return tfjs("tfjs wasm", PACKED, "wasm", copied, true);
}

/** The backward pass alone, as `tf.grads` runs it. */
export async function tfjsWasmGrads(): Promise<Peer> {
  return tfjs(
    "tfjs wasm, as tf.grads",
    "backward with the transposing products that tf.grads asks for",
    "wasm",
    flagged,
    false,
  );
}

export async function tfjsCpu(): Promise<Peer> {
  return tfjs("tfjs cpu", "its plain JavaScript", "cpu", flagged, true);
}

function tfjs(
  name: string,
  note: string,
  backend: "wasm" | "cpu",
  products: { input: Product; weight: Product },
  hasForward: boolean,
): Peer {
  return {
    name,
    version: versionOf(`@tensorflow/tfjs-backend-${backend}`),
    kind: backend === "wasm" ? "wasm" : "js",
    note,
    async open({ batch, inFeatures, outFeatures, ...operands }) {
      await tf.setBackend(backend);
      const x = tf.tensor2d(operands.x, [batch, inFeatures]);
      const weight = tf.tensor2d(operands.weight, [inFeatures, outFeatures]);
      const bias = tf.tensor1d(operands.bias);
      const dy = tf.tensor2d(operands.dy, [batch, outFeatures]);
      // The kernels of both backends are synchronous: when the call returns, the result is there.
      const forward = () => tf.tidy(() => tf.add(tf.matMul(x, weight), bias));
      const backward = () => [products.input(dy, weight), products.weight(x, dy), tf.sum(dy, 0)] as const;
      const read = (tensor: tf.Tensor) => tensor.dataSync<"float32">().slice();
      return local({
        prepare: () => tf.setBackend(backend),
        ...(hasForward && { forward: () => tf.dispose(forward()) }),
        backward: () => tf.dispose([...backward()]),
        results: (pass) => {
          const tensors = pass === "forward" ? [forward()] : backward();
          const [first, ...rest] = tensors.map(read);
          tf.dispose([...tensors]);
          return pass === "forward" ? { y: first } : { dx: first, dWeight: rest[0], dBias: rest[1] };
        },
        dispose: () => tf.dispose([x, weight, bias, dy]),
      });
    },
  };
}
