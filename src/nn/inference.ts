/** The outputs of a network where nothing is trained: layer after layer, to and fro between two buffers. */
import type { DType } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { Tensor } from "../memory/tensor.js";
import { Layout, type ParameterBlock } from "./parameterBlock.js";
import { type LayerPass, placeOf } from "./passes/pass.js";

export class Inference<D extends DType> {
  readonly #parameters: ParameterBlock<D>;
  readonly #passes: readonly LayerPass<D>[];
  #buffers: Tensor<D> | null = null;
  #rows = 0;
  #here: Pointer = NONE;
  #there: Pointer = NONE;

  constructor(parameters: ParameterBlock<D>, passes: readonly LayerPass<D>[]) {
    this.#parameters = parameters;
    this.#passes = passes;
  }

  /**
   * Makes room for batches of `rows`, or changes nothing.
   * @throws RangeError in the name of `caller` if memory runs out, ReferenceError for a disposed network
   */
  reserve(caller: string, rows: number): void {
    this.#parameters.checkUsable(caller);
    if (rows <= this.#rows) return;
    const { heap, dtype } = this.#parameters;
    const block = new Layout(dtype);
    const widest = rows * Math.max(...this.#passes.map(({ layer }) => layer.outFeatures));
    const [here, there] = [block.add("here", widest), block.add("there", widest)];
    const buffers = new Tensor(heap, block.length, dtype, caller);
    // Nothing can fail from here on.
    this.#buffers?.dispose();
    this.#buffers = buffers;
    this.#rows = rows;
    this.#here = placeOf(buffers, here);
    this.#there = placeOf(buffers, there);
  }

  /**
   * Where the outputs of the `layers`-th layer lie for `rows` rows at `x`; x itself, if nothing happens to it.
   * @throws ReferenceError in the name of `caller` for a disposed network
   */
  forward(caller: string, x: Pointer, rows: number, layers = this.#passes.length): Pointer {
    this.#parameters.checkUsable(caller);
    let from = x;
    for (let i = 0; i < layers; i++) {
      const to = from === this.#here ? this.#there : this.#here;
      from = (this.#passes[i] as LayerPass<D>).infer(from, rows, to);
    }
    return from;
  }

  dispose(): void {
    this.#buffers?.dispose();
    this.#buffers = null;
  }
}
