/** The passes of dropout. */
import type { DType } from "../../common/dtype.js";
import { subseed } from "../../common/random.js";
import { NONE, type Pointer } from "../../kernels/abi.js";
import type { Tensor } from "../../memory/tensor.js";
import type { DropoutLayout } from "../layers/layout.js";
import type { Entry, Layout } from "../parameterBlock.js";
import type { Runtime } from "../runtime.js";
import { type LayerPass, placeOf } from "./pass.js";

/** What the masks of a network depend on, beside the layer and the column; whoever continues a run sets both. */
export interface MaskState {
  seed: number;
  /** Rows trained on so far. */
  rows: number;
}

/** Sets the streams of masks apart from those of starting values, which count layers from 0. */
const STREAM = 0x10000;

export class DropoutPass<D extends DType> implements LayerPass<D> {
  readonly layer: DropoutLayout;
  readonly #runtime: Runtime;
  readonly #dtype: D;
  readonly #masks: MaskState;
  /** That of the layer, and the network's from which it was made. */
  #seed = 0;
  #seedOf = -1;
  #yEntry: Entry | null = null;
  #y: Pointer = NONE;
  #rows = 0;
  #row = 0;

  constructor(runtime: Runtime, dtype: D, layer: DropoutLayout, masks: MaskState) {
    this.layer = layer;
    this.#runtime = runtime;
    this.#dtype = dtype;
    this.#masks = masks;
  }

  infer(x: Pointer): Pointer {
    return x;
  }

  plan(block: Layout, rows: number): void {
    this.#yEntry = block.add("y", rows * this.layer.outFeatures);
  }

  place(block: Tensor<D>): void {
    this.#y = placeOf(block, this.#yEntry as Entry);
  }

  train(x: Pointer, rows: number, row: number): Pointer {
    if (this.#seedOf !== this.#masks.seed) {
      this.#seedOf = this.#masks.seed;
      this.#seed = subseed(this.#seedOf, STREAM + this.layer.index);
    }
    this.#rows = rows;
    this.#row = row;
    this.#mask(x, this.#y);
    return this.#y;
  }

  backward(dy: Pointer, _work: Pointer, dx: Pointer): void {
    if (dx !== NONE) this.#mask(dy, dx);
  }

  #mask(from: Pointer, to: Pointer): void {
    const { outFeatures, rate } = this.layer;
    const kernels = this.#runtime.kernels[this.#dtype];
    const floor = Math.round(rate * 2 ** 32);
    kernels.dropout(this.#rows, outFeatures, from, this.#seed, this.#row, floor, 1 / (1 - rate), to);
  }
}
