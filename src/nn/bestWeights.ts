/** The weights of the best epoch so far. */
import { type DType, elementBytes } from "../common/dtype.js";
import { Tensor } from "../memory/tensor.js";
import type { ParameterBlock } from "./parameterBlock.js";
import type { Runtime } from "./runtime.js";

export class BestWeights<D extends DType> {
  readonly #runtime: Runtime;
  readonly #parameters: ParameterBlock<D>;
  readonly #copy: Tensor<D>;
  #kept = false;

  /** @throws RangeError in the name of `caller` if memory runs out */
  constructor(caller: string, runtime: Runtime, parameters: ParameterBlock<D>) {
    this.#runtime = runtime;
    this.#parameters = parameters;
    this.#copy = new Tensor(parameters.heap, parameters.layout.length, parameters.dtype, caller);
  }

  keep(): void {
    this.#kept = true;
    this.#runtime.copyBytes(this.#bytes, this.#parameters.values.pointer, this.#copy.pointer);
  }

  /** Gives the network the weights that were kept, if any were and it is still there. */
  restore(): void {
    if (!this.#kept || this.#parameters.disposed) return;
    this.#runtime.copyBytes(this.#bytes, this.#copy.pointer, this.#parameters.values.pointer);
  }

  dispose(): void {
    this.#copy.dispose();
  }

  get #bytes(): number {
    return this.#parameters.layout.length * elementBytes(this.#parameters.dtype);
  }
}
