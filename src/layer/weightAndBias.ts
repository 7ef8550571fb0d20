/** Weights and bias, or the gradients of both. */
import type { ArrayOf, DType } from "../common/dtype.js";
import type { Backend } from "../engine/backend.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import type { Heap } from "../memory/heap.js";
import { Tensor } from "../memory/tensor.js";
import type { Shape } from "./passes.js";

/** W, in × out, and b, out values: zeros at first. Both are had, or neither. */
export class WeightAndBias<D extends DType> {
  readonly weight: Tensor<D>;
  /** Null for a layer without one. */
  readonly bias: Tensor<D> | null;

  /** @throws RangeError in the name of `caller` if memory runs out; nothing is kept then. */
  constructor(caller: string, heap: Heap, shape: Omit<Shape, "batch">, dtype: D, bias: boolean) {
    const { inFeatures, outFeatures } = shape;
    this.weight = new Tensor(heap, inFeatures * outFeatures, dtype, caller);
    try {
      this.bias = bias ? new Tensor(heap, outFeatures, dtype, caller) : null;
    } catch (error) {
      this.weight.dispose();
      throw error;
    }
  }

  /** Where they lie; NONE for no bias. */
  pointers(): { weight: Pointer; bias: Pointer } {
    return { weight: this.weight.pointer, bias: this.bias?.pointer ?? NONE };
  }

  /** Views for the library itself: they do not count as read. */
  peek(): { weight: ArrayOf<D>; bias: ArrayOf<D> | null } {
    return { weight: this.weight.peek(), bias: this.bias?.peek() ?? null };
  }

  dispose(): void {
    this.weight.dispose();
    this.bias?.dispose();
  }
}

/** What an optimizer updates of a layer, and the memory that it lies in. */
export interface AffineParts {
  readonly backend: Backend;
  readonly parameters: WeightAndBias<DType>;
  /** Null before there are any. */
  readonly gradients: WeightAndBias<DType> | null;
}
