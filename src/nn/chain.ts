/** The passes of a whole network: layer after layer over buffers for the largest batch, nothing copied in between. */

import { type DType, elementBytes } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { backwardPass, emptyPass, forwardPass } from "../layer/passes.js";
import { Tensor } from "../memory/tensor.js";
import { activationKind, type LayerActivation, NO_ACTIVATION, needsInput, parameterOf, RELU } from "./activations.js";
import { type Entry, Layout, type ParameterBlock } from "./parameterBlock.js";
import type { Runtime } from "./runtime.js";

/** A dense layer: its sizes, its activation, and where its parameters lie. */
export interface DenseLayout {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly activation: LayerActivation;
  readonly weight: Entry;
  readonly bias: Entry | null;
}

/** A layer's next pass, and what its activation needs. */
interface DensePass {
  readonly dense: DenseLayout;
  readonly pass: ReturnType<typeof emptyPass>;
  readonly kind: number;
  readonly parameter: number;
  /** The outputs, and what they were before the activation if its gradient needs that. */
  y: Pointer;
  z: Pointer;
}

export class Chain<D extends DType> {
  readonly #runtime: Runtime;
  readonly #parameters: ParameterBlock<D>;
  readonly #steps: readonly DensePass[];
  #buffers: Tensor<D> | null = null;
  #rows = 0;
  #trains = false;
  /** Gradients of outputs, of a layer and the one before in turns. */
  #dy: Pointer = NONE;
  #dx: Pointer = NONE;

  constructor(runtime: Runtime, parameters: ParameterBlock<D>, layers: readonly DenseLayout[]) {
    this.#runtime = runtime;
    this.#parameters = parameters;
    this.#steps = layers.map((dense) => {
      const { inFeatures, outFeatures, activation } = dense;
      const pass = emptyPass({ batch: 0, inFeatures, outFeatures });
      pass.weight = this.#place(parameters.values, dense.weight);
      pass.bias = dense.bias ? this.#place(parameters.values, dense.bias) : NONE;
      return { dense, pass, kind: activationKind(activation), parameter: parameterOf(activation), y: NONE, z: NONE };
    });
  }

  /** Where the loss puts the gradient of the last outputs, for `backward`. */
  get dy(): Pointer {
    return this.#dy;
  }

  /**
   * Makes room for batches of `rows`, or changes nothing; and for the gradients, if it `trains`.
   * @throws RangeError in the name of `caller` if memory runs out
   */
  reserve(caller: string, rows: number, trains: boolean): void {
    if (rows <= this.#rows && (this.#trains || !trains)) return;
    const most = Math.max(rows, this.#rows);
    const training = trains || this.#trains;
    const { heap, dtype } = this.#parameters;
    const layout = new Layout(dtype);
    const room = this.#steps.map(({ dense }, i) => ({
      y: layout.add(`${i}.y`, most * dense.outFeatures),
      z: training && needsInput(dense.activation) ? layout.add(`${i}.z`, most * dense.outFeatures) : null,
    }));
    const widest = training ? most * Math.max(...this.#steps.map(({ dense }) => dense.outFeatures)) : 0;
    const [dy, dx] = [layout.add("dy", widest), layout.add("dx", widest)];
    const gradients = training ? this.#parameters.gradientsFor(caller) : null;
    const buffers = new Tensor(heap, layout.length, dtype, caller);
    // Nothing can fail from here on.
    this.#buffers?.dispose();
    this.#buffers = buffers;
    this.#rows = most;
    this.#trains = training;
    for (const [i, step] of this.#steps.entries()) {
      const { y, z } = room[i] as (typeof room)[number];
      step.y = this.#place(buffers, y);
      step.z = z ? this.#place(buffers, z) : NONE;
      if (!gradients) continue;
      step.pass.dWeight = this.#place(gradients, step.dense.weight);
      step.pass.dBias = step.dense.bias ? this.#place(gradients, step.dense.bias) : NONE;
    }
    this.#dy = this.#place(buffers, dy);
    this.#dx = this.#place(buffers, dx);
  }

  /** Where the outputs of the last layer lie for `rows` rows at `x`. `trains` keeps what `backward` needs. */
  forward(x: Pointer, rows: number, trains: boolean): Pointer {
    const { backend, kernels } = this.#runtime;
    const { dtype } = this.#parameters;
    let from = x;
    for (const { pass, kind, parameter, y, z } of this.#steps) {
      pass.batch = rows;
      pass.x = from;
      pass.y = trains && z !== NONE ? z : y;
      forwardPass(backend, dtype, pass, kind === RELU);
      if (kind !== NO_ACTIVATION && kind !== RELU) {
        kernels[dtype].activate(kind, rows * pass.outFeatures, pass.y, y, parameter);
      }
      from = y;
    }
    return from;
  }

  /** All gradients of the parameters for the last `forward`, from what the loss has put at `dy`. */
  backward(): void {
    const { backend, kernels } = this.#runtime;
    const { dtype } = this.#parameters;
    let dy = this.#dy;
    let dx = this.#dx;
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const { pass, kind, parameter, y, z } = this.#steps[i] as DensePass;
      if (kind !== NO_ACTIVATION) {
        kernels[dtype].activationGradient(kind, pass.batch * pass.outFeatures, z || y, dy, dy, parameter);
      }
      pass.dy = dy;
      pass.dx = i > 0 ? dx : NONE;
      backwardPass(backend, dtype, pass, false);
      dy = dx;
      dx = pass.dy;
    }
  }

  dispose(): void {
    this.#buffers?.dispose();
    this.#buffers = null;
  }

  #place(block: Tensor<D>, entry: Entry): Pointer {
    return block.pointer + entry.offset * elementBytes(block.dtype);
  }
}
