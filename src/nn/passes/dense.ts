/** The passes of a dense layer. */
import type { DType } from "../../common/dtype.js";
import { NONE, type Pointer } from "../../kernels/abi.js";
import { backwardPass, emptyPass, forwardPass } from "../../layer/passes.js";
import type { Tensor } from "../../memory/tensor.js";
import { activationKind, NO_ACTIVATION, needsInput, parameterOf, RELU } from "../activations.js";
import type { DenseLayout } from "../layers/layout.js";
import type { Entry, Layout, ParameterBlock } from "../parameterBlock.js";
import type { Runtime } from "../runtime.js";
import { type LayerPass, placeOf } from "./pass.js";

export class DensePass<D extends DType> implements LayerPass<D> {
  readonly layer: DenseLayout;
  readonly #runtime: Runtime;
  readonly #dtype: D;
  /** One for each way, so that a `train` that waits for its `backward` outlives an `infer`. */
  readonly #inference: ReturnType<typeof emptyPass>;
  readonly #training: ReturnType<typeof emptyPass>;
  readonly #kind: number;
  readonly #parameter: number;
  #yEntry: Entry | null = null;
  #zEntry: Entry | null = null;
  /** The outputs, and what they were before the activation if its gradient needs that. */
  #y: Pointer = NONE;
  #z: Pointer = NONE;
  #dWeight: Pointer = NONE;
  #dBias: Pointer = NONE;

  constructor(runtime: Runtime, parameters: ParameterBlock<D>, layer: DenseLayout) {
    this.layer = layer;
    this.#runtime = runtime;
    this.#dtype = parameters.dtype;
    const { inFeatures, outFeatures, activation, weight, bias } = layer;
    const operands = {
      weight: placeOf(parameters.values, weight),
      bias: bias ? placeOf(parameters.values, bias) : NONE,
    };
    this.#inference = Object.assign(emptyPass({ batch: 0, inFeatures, outFeatures }), operands);
    this.#training = Object.assign(emptyPass({ batch: 0, inFeatures, outFeatures }), operands);
    this.#kind = activationKind(activation);
    this.#parameter = parameterOf(activation);
  }

  infer(x: Pointer, rows: number, y: Pointer): Pointer {
    this.#forward(this.#inference, x, rows, y, y);
    return y;
  }

  plan(block: Layout, rows: number): void {
    const { outFeatures, activation } = this.layer;
    this.#yEntry = block.add("y", rows * outFeatures);
    this.#zEntry = needsInput(activation) ? block.add("z", rows * outFeatures) : null;
  }

  place(block: Tensor<D>, gradients: Tensor<D>): void {
    const { weight, bias } = this.layer;
    this.#y = placeOf(block, this.#yEntry as Entry);
    this.#z = this.#zEntry ? placeOf(block, this.#zEntry) : NONE;
    this.#dWeight = placeOf(gradients, weight);
    this.#dBias = bias ? placeOf(gradients, bias) : NONE;
  }

  train(x: Pointer, rows: number): Pointer {
    this.#forward(this.#training, x, rows, this.#z || this.#y, this.#y);
    return this.#y;
  }

  backward(dy: Pointer, work: Pointer, dx: Pointer, accumulate: boolean): void {
    const pass = this.#training;
    const { trainable } = this.layer;
    pass.dy = dy;
    if (this.#kind !== NO_ACTIVATION) {
      const length = pass.batch * pass.outFeatures;
      const kernels = this.#runtime.kernels[this.#dtype];
      kernels.activationGradient(this.#kind, length, this.#z || this.#y, dy, work, this.#parameter);
      pass.dy = work;
    }
    pass.dx = dx;
    pass.dWeight = trainable ? this.#dWeight : NONE;
    pass.dBias = trainable ? this.#dBias : NONE;
    backwardPass(this.#runtime.backend, this.#dtype, pass, accumulate);
  }

  #forward(pass: ReturnType<typeof emptyPass>, x: Pointer, rows: number, z: Pointer, y: Pointer): void {
    pass.batch = rows;
    pass.x = x;
    pass.y = z;
    forwardPass(this.#runtime.backend, this.#dtype, pass, this.#kind === RELU);
    if (this.#kind !== NO_ACTIVATION && this.#kind !== RELU) {
      this.#runtime.kernels[this.#dtype].activate(this.#kind, rows * pass.outFeatures, z, y, this.#parameter);
    }
  }
}
