/** affine-wasm: the dense layer, forward and backward, on WebAssembly SIMD. */
import { backendInUse } from "./backend.js";
import { checkChoice, checkWhole } from "./check.js";
import { DTYPES, type DType } from "./dtype.js";
import { Tensor } from "./tensor.js";

export type { Variant } from "./abi.js";
export { Affine } from "./affine.js";
export { backend, type InitOptions, init, initSync, type Source } from "./backend.js";
export type { ArrayOf, DType, FloatArray } from "./dtype.js";
export { type BackwardOperands, backward, type ForwardOperands, forward, type Gradients } from "./functional.js";
export type { Initializer } from "./initializers.js";
export type { Binary } from "./instance.js";
export type { Activation, AffineOptions, BackwardOptions } from "./options.js";
export type { Shape } from "./passes.js";
export { warmup } from "./warmup.js";
export type { Tensor };

/**
 * `length` zeros inside the module's memory. Kernels use them in place, so passing `tensor.data` to a layer copies nothing.
 *
 * @param dtype default "float32"
 * @throws TypeError or RangeError for a bad length or dtype, RangeError if memory runs out
 */
export function tensor(length: number, dtype?: "float32"): Tensor<"float32">;
export function tensor<D extends DType>(length: number, dtype: D): Tensor<D>;
export function tensor(length: number, dtype: DType = "float32"): Tensor {
  checkWhole("tensor", "length", length);
  checkChoice("tensor", "dtype", dtype, DTYPES);
  return new Tensor(backendInUse().heap, length, dtype, "tensor");
}

/**
 * Bytes of the module's memory: `used` by layers, tensors and the kernels' scratch space, and `total`, which only grows.
 * Disposing gives back what is used.
 */
export function memoryUsage(): { used: number; total: number } {
  const { heap } = backendInUse();
  return { used: heap.bytesInUse, total: heap.buffer.byteLength };
}
