/** The passes of a whole network in training: layer after layer over buffers for the largest batch. */
import type { DType } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { Tensor } from "../memory/tensor.js";
import { Layout, type ParameterBlock } from "./parameterBlock.js";
import type { MaskState } from "./passes/dropout.js";
import { type LayerPass, placeOf } from "./passes/pass.js";

export class Chain<D extends DType> {
  /** Counts the forward passes: what was computed by one is gone after the next. */
  generation = 0;
  readonly #parameters: ParameterBlock<D>;
  readonly #passes: readonly LayerPass<D>[];
  readonly #masks: MaskState;
  #buffers: Tensor<D> | null = null;
  #rows = 0;
  /** Gradients of outputs, of a layer and the one before in turns. */
  #dy: Pointer = NONE;
  #dx: Pointer = NONE;

  constructor(parameters: ParameterBlock<D>, passes: readonly LayerPass<D>[], masks: MaskState) {
    this.#parameters = parameters;
    this.#passes = passes;
    this.#masks = masks;
  }

  /** Where a loss puts the gradient of the last outputs, for `backward`. */
  get dy(): Pointer {
    return this.#dy;
  }

  /**
   * Makes room for batches of `rows`, or changes nothing.
   * @throws RangeError in the name of `caller` if memory runs out, ReferenceError for a disposed network
   */
  reserve(caller: string, rows: number): void {
    this.#parameters.checkUsable(caller);
    if (rows <= this.#rows) return;
    const widest = Math.max(...this.#passes.map(({ layer }) => layer.outFeatures));
    const { heap, dtype } = this.#parameters;
    const block = new Layout(dtype);
    for (const pass of this.#passes) pass.plan(block, rows);
    const [dy, dx] = [block.add("dy", rows * widest), block.add("dx", rows * widest)];
    const gradients = this.#parameters.gradientsFor(caller);
    const buffers = new Tensor(heap, block.length, dtype, caller);
    // Nothing can fail from here on.
    this.#buffers?.dispose();
    this.#buffers = buffers;
    this.#rows = rows;
    this.generation++;
    for (const pass of this.#passes) pass.place(buffers, gradients);
    this.#dy = placeOf(buffers, dy);
    this.#dx = placeOf(buffers, dx);
  }

  /**
   * Where the outputs of the last layer lie for `rows` rows at `x`, which count as trained on.
   * @throws ReferenceError in the name of `caller` for a disposed network
   */
  forward(caller: string, x: Pointer, rows: number): Pointer {
    this.#parameters.checkUsable(caller);
    this.generation++;
    const first = this.#masks.rows;
    let from = x;
    for (let i = 0; i < this.#passes.length; i++) from = (this.#passes[i] as LayerPass<D>).train(from, rows, first);
    this.#masks.rows = first + rows;
    return from;
  }

  /**
   * All gradients of trained parameters for the last `forward`.
   *
   * @param dy the gradient of its outputs; `this.dy`, or a place of the caller's, which stays as it is
   * @param dx where to put that of its inputs; NONE: it is not wanted
   * @throws ReferenceError in the name of `caller` for a disposed network
   */
  backward(caller: string, dy: Pointer, dx: Pointer, accumulate: boolean): void {
    this.#parameters.checkUsable(caller);
    this.#parameters.hasGradients = true;
    const lowest = dx === NONE ? this.#lowestTrained() : 0;
    let from = dy;
    for (let i = this.#passes.length - 1; i >= lowest; i--) {
      // Of the two buffers, one holds what the layer above left; a place of the caller's is left alone.
      const work = from === this.#dx ? this.#dx : this.#dy;
      const free = work === this.#dx ? this.#dy : this.#dx;
      const to = i > lowest ? free : dx;
      (this.#passes[i] as LayerPass<D>).backward(from, work, to, accumulate);
      from = to;
    }
  }

  /** The first layer whose parameters are trained; below it no gradient is needed. */
  #lowestTrained(): number {
    let i = 0;
    for (; i < this.#passes.length; i++) {
      const { weight, trainable } = (this.#passes[i] as LayerPass<D>).layer;
      if (weight && trainable) break;
    }
    return i;
  }

  dispose(): void {
    this.#buffers?.dispose();
    this.#buffers = null;
  }
}
