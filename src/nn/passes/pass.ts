/** What every kind of layer does in the passes of a network, on pointers; nothing of it leaves anything for the collector. */
import { type DType, elementBytes } from "../../common/dtype.js";
import type { Pointer } from "../../kernels/abi.js";
import type { Tensor } from "../../memory/tensor.js";
import type { LayerLayout } from "../layers/layout.js";
import type { Entry, Layout } from "../parameterBlock.js";

export interface LayerPass<D extends DType> {
  readonly layer: LayerLayout;

  /** The outputs for rows at `x` where nothing is trained: they are put at `y`, or are x itself, which is returned then. */
  infer(x: Pointer, rows: number, y: Pointer): Pointer;

  /** Adds what training on so many rows keeps between the passes to the layout of a block; `place` says where that is. */
  plan(block: Layout, rows: number): void;
  place(block: Tensor<D>, gradients: Tensor<D>): void;

  /**
   * The outputs in training, and what `backward` needs of them.
   * @param row how many rows the network was trained on before
   */
  train(x: Pointer, rows: number, row: number): Pointer;

  /**
   * The gradients of the last `train`: those of the parameters, if they are trained, and dX.
   *
   * @param dy the gradient of the outputs, which stays as it is unless it is `work`
   * @param work room for as much; may be `dy`
   * @param dx where to put dX, apart from the others; NONE: it is not wanted
   */
  backward(dy: Pointer, work: Pointer, dx: Pointer, accumulate: boolean): void;
}

/** The address of an array of a block. */
export function placeOf(block: Tensor, entry: Entry): Pointer {
  return block.pointer + entry.offset * elementBytes(block.dtype);
}
