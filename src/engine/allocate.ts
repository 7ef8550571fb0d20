/** Memory of the backend in use, for users of the library. */
import { checkChoice, checkWhole } from "../common/check.js";
import { DTYPES, type DType } from "../common/dtype.js";
import { Tensor } from "../memory/tensor.js";
import { backendInUse } from "./start.js";

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
