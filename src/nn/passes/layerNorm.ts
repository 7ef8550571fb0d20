/** The passes of a layer normalisation. */
import { type DType, elementBytes } from "../../common/dtype.js";
import { NONE, type Pointer } from "../../kernels/abi.js";
import type { Tensor } from "../../memory/tensor.js";
import { activationKind, NO_ACTIVATION, needsInput, parameterOf } from "../activations.js";
import type { LayerNormLayout } from "../layers/layout.js";
import type { Entry, Layout, ParameterBlock } from "../parameterBlock.js";
import type { Runtime } from "../runtime.js";
import { type LayerPass, placeOf } from "./pass.js";

/** Two float64 that the forward pass keeps of each row. */
const STATISTICS_BYTES = 16;

export class LayerNormPass<D extends DType> implements LayerPass<D> {
  readonly layer: LayerNormLayout;
  readonly #runtime: Runtime;
  readonly #dtype: D;
  readonly #weight: Pointer;
  readonly #bias: Pointer;
  readonly #kind: number;
  readonly #parameter: number;
  #yEntry: Entry | null = null;
  #zEntry: Entry | null = null;
  #statisticsEntry: Entry | null = null;
  #y: Pointer = NONE;
  #z: Pointer = NONE;
  #statistics: Pointer = NONE;
  #dWeight: Pointer = NONE;
  #dBias: Pointer = NONE;
  /** The last `train`. */
  #x: Pointer = NONE;
  #rows = 0;

  constructor(runtime: Runtime, parameters: ParameterBlock<D>, layer: LayerNormLayout) {
    this.layer = layer;
    this.#runtime = runtime;
    this.#dtype = parameters.dtype;
    this.#weight = placeOf(parameters.values, layer.weight);
    this.#bias = placeOf(parameters.values, layer.bias);
    this.#kind = activationKind(layer.activation);
    this.#parameter = parameterOf(layer.activation);
  }

  infer(x: Pointer, rows: number, y: Pointer): Pointer {
    this.#forward(x, rows, y, y, NONE);
    return y;
  }

  plan(block: Layout, rows: number): void {
    const { outFeatures, activation } = this.layer;
    this.#yEntry = block.add("y", rows * outFeatures);
    this.#zEntry = needsInput(activation) ? block.add("z", rows * outFeatures) : null;
    this.#statisticsEntry = block.add("statistics", (rows * STATISTICS_BYTES) / elementBytes(this.#dtype));
  }

  place(block: Tensor<D>, gradients: Tensor<D>): void {
    this.#y = placeOf(block, this.#yEntry as Entry);
    this.#z = this.#zEntry ? placeOf(block, this.#zEntry) : NONE;
    this.#statistics = placeOf(block, this.#statisticsEntry as Entry);
    this.#dWeight = placeOf(gradients, this.layer.weight);
    this.#dBias = placeOf(gradients, this.layer.bias);
  }

  train(x: Pointer, rows: number): Pointer {
    this.#x = x;
    this.#rows = rows;
    this.#forward(x, rows, this.#z || this.#y, this.#y, this.#statistics);
    return this.#y;
  }

  backward(dy: Pointer, work: Pointer, dx: Pointer, accumulate: boolean): void {
    const kernels = this.#runtime.kernels[this.#dtype];
    const { outFeatures, trainable } = this.layer;
    const rows = this.#rows;
    let gradient = dy;
    if (this.#kind !== NO_ACTIVATION) {
      kernels.activationGradient(this.#kind, rows * outFeatures, this.#z || this.#y, dy, work, this.#parameter);
      gradient = work;
    }
    const [dWeight, dBias] = trainable ? [this.#dWeight, this.#dBias] : [NONE, NONE];
    kernels.layerNormGradient(
      rows,
      outFeatures,
      this.#x,
      this.#weight,
      gradient,
      this.#statistics,
      dx,
      dWeight,
      dBias,
      accumulate ? 1 : 0,
    );
  }

  #forward(x: Pointer, rows: number, z: Pointer, y: Pointer, statistics: Pointer): void {
    const kernels = this.#runtime.kernels[this.#dtype];
    const { outFeatures, epsilon } = this.layer;
    kernels.layerNorm(rows, outFeatures, x, this.#weight, this.#bias, epsilon, z, statistics);
    if (this.#kind !== NO_ACTIVATION) kernels.activate(this.#kind, rows * outFeatures, z, y, this.#parameter);
  }
}
