/** Weights on their way into the kernels' memory, and back. */
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Heap } from "../memory/heap.js";
import { Tensor } from "../memory/tensor.js";
import type { QuantizedDense } from "./parts.js";
import type { QuantizedRuntime } from "./runtime.js";

/** A block of this many bytes. */
function blockOf(caller: string, heap: Heap, bytes: number): Tensor {
  return new Tensor(heap, Math.ceil(bytes / Float32Array.BYTES_PER_ELEMENT), "float32", caller);
}

/** Values, scales and bias, one after the other, for the time of a call. */
function staged<T>(
  caller: string,
  heap: Heap,
  { inFeatures, outFeatures }: { readonly inFeatures: number; readonly outFeatures: number },
  use: (values: Pointer, scales: Pointer, bias: Pointer) => T,
): T {
  const bytes = Math.ceil((inFeatures * outFeatures) / 64) * 64;
  const block = blockOf(caller, heap, bytes + 8 * outFeatures);
  try {
    return use(block.pointer, block.pointer + bytes, block.pointer + bytes + 4 * outFeatures);
  } finally {
    block.dispose();
  }
}

/** @throws RangeError if memory runs out; nothing is kept then */
export function packed(caller: string, { nn, kernels }: QuantizedRuntime, part: QuantizedDense): Tensor {
  const { inFeatures, outFeatures, bias } = part;
  const { heap } = nn;
  const weights = blockOf(caller, heap, kernels.weightBytes(outFeatures, inFeatures) >>> 0);
  try {
    staged(caller, heap, part, (values, scales, biases) => {
      new Int8Array(heap.buffer, values, part.values.length).set(part.values);
      heap.view("float32", scales, outFeatures).set(part.scales);
      if (bias) heap.view("float32", biases, outFeatures).set(bias);
      kernels.packWeights(outFeatures, inFeatures, values, scales, bias ? biases : NONE, weights.pointer);
    });
    return weights;
  } catch (error) {
    weights.dispose();
    throw error;
  }
}

/** Copies of what was packed. */
export function unpacked(
  caller: string,
  { nn, kernels }: QuantizedRuntime,
  layer: { readonly inFeatures: number; readonly outFeatures: number },
  hasBias: boolean,
  weights: Tensor,
): Pick<QuantizedDense, "values" | "scales" | "bias"> {
  const { inFeatures, outFeatures } = layer;
  const { heap } = nn;
  return staged(caller, heap, layer, (values, scales, bias) => {
    kernels.unpackWeights(outFeatures, inFeatures, weights.pointer, values, scales, bias);
    return {
      values: new Int8Array(new Int8Array(heap.buffer, values, inFeatures * outFeatures)),
      scales: new Float32Array(heap.view("float32", scales, outFeatures)),
      bias: hasBias ? new Float32Array(heap.view("float32", bias, outFeatures)) : null,
    };
  });
}
