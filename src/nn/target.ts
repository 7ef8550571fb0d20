/** What an optimizer updates: the parameters of a network, or of an `Affine` layer. */

import { type DType, elementBytes } from "../common/dtype.js";
import { notOwn } from "../common/own.js";
import type { Pointer } from "../kernels/abi.js";
import type { TypedNnKernels } from "../kernels/nn/abi.js";
import { Affine, partsOfAffine } from "../layer/affine.js";
import type { AffineParts } from "../layer/weightAndBias.js";
import type { Heap } from "../memory/heap.js";
import type { Tensor } from "../memory/tensor.js";
import type { NetworkInternals } from "./internals.js";
import { internalsOf } from "./networks.js";
import { type Entry, Layout } from "./parameterBlock.js";
import { runtimeOf } from "./runtime.js";

/** Parameters that lie side by side, and their gradients; `offset` is that of their state, in elements. */
export interface UpdateRun {
  readonly offset: number;
  readonly length: number;
  readonly values: Pointer;
  readonly gradients: Pointer;
}

export interface Target {
  /** What it was made of: the same network or layer is the same target. */
  readonly key: object;
  readonly heap: Heap;
  readonly dtype: DType;
  readonly kernels: TypedNnKernels;
  /** Its arrays, as they lie in a block of state of that length. */
  readonly entries: readonly Entry[];
  readonly length: number;
  readonly disposed: boolean;
  /** Whether there are gradients: computed, or written by whoever read them. */
  readonly hasGradients: boolean;
  /** What is trained now. The gradients' memory must be there. */
  readonly runs: readonly UpdateRun[];
  /** @throws ReferenceError, in the name of `caller`, after `dispose()` */
  checkUsable(caller: string): void;
  /** Disposes a block of state, too, in the end; `kept` if somebody may have views of it. */
  own(state: Tensor, kept: boolean): void;
}

/** @throws TypeError for anything but a network or an Affine of this copy of the package */
export function targetOf(caller: string, name: string, value: unknown): Target {
  const network = internalsOf(value);
  if (network) return new NetworkTarget(network);
  if (typeof value === "object" && value !== null) {
    const parts = partsOfAffine(value);
    if (parts) return new AffineTarget(value, parts);
  }
  throw notOwn(caller, name, value, Affine, "a Sequential or an Affine");
}

/** The `key` of its target; undefined for what is none. */
export function keyOf(value: unknown): object | undefined {
  const network = internalsOf(value);
  if (network) return network.parameters;
  return typeof value === "object" && value !== null ? value : undefined;
}

/** All that is trained of a network. */
export class NetworkTarget implements Target {
  readonly #network: NetworkInternals<DType>;
  #runs: readonly UpdateRun[] = [];
  #runsOf: unknown = null;

  constructor(network: NetworkInternals<DType>) {
    this.#network = network;
  }

  get key(): object {
    return this.#network.parameters;
  }

  get heap(): Heap {
    return this.#network.parameters.heap;
  }

  get dtype(): DType {
    return this.#network.dtype;
  }

  get kernels(): TypedNnKernels {
    return this.#network.runtime.kernels[this.#network.dtype];
  }

  get entries(): readonly Entry[] {
    return this.#network.parameters.layout.entries;
  }

  get length(): number {
    return this.#network.parameters.layout.length;
  }

  get disposed(): boolean {
    return this.#network.parameters.disposed;
  }

  get hasGradients(): boolean {
    return this.#network.parameters.hasGradients;
  }

  get runs(): readonly UpdateRun[] {
    const { parameters, dtype } = this.#network;
    const { trainedRuns } = parameters;
    if (this.#runsOf !== trainedRuns) {
      this.#runsOf = trainedRuns;
      const values = parameters.values.pointer;
      const gradients = parameters.gradientsFor("step").pointer;
      const size = elementBytes(dtype);
      this.#runs = trainedRuns.map(({ offset, length }) => {
        return { offset, length, values: values + offset * size, gradients: gradients + offset * size };
      });
    }
    return this.#runs;
  }

  checkUsable(caller: string): void {
    this.#network.parameters.checkUsable(caller);
  }

  own(state: Tensor, kept: boolean): void {
    this.#network.parameters.own(state, kept);
  }
}

/** The weight and the bias of an Affine. */
class AffineTarget implements Target {
  readonly key: object;
  readonly #parts: AffineParts;
  readonly #layout: Layout;
  #runs: readonly UpdateRun[] | null = null;

  constructor(layer: object, parts: AffineParts) {
    this.key = layer;
    this.#parts = parts;
    const { weight, bias } = parts.parameters;
    this.#layout = new Layout(weight.dtype);
    this.#layout.add("weight", weight.length);
    if (bias) this.#layout.add("bias", bias.length);
  }

  get heap(): Heap {
    return this.#parts.backend.heap;
  }

  get dtype(): DType {
    return this.#parts.parameters.weight.dtype;
  }

  get kernels(): TypedNnKernels {
    return runtimeOf(this.#parts.backend).kernels[this.dtype];
  }

  get entries(): readonly Entry[] {
    return this.#layout.entries;
  }

  get length(): number {
    return this.#layout.length;
  }

  get disposed(): boolean {
    return this.#parts.parameters.weight.disposed;
  }

  get hasGradients(): boolean {
    return this.#parts.gradients !== null;
  }

  get runs(): readonly UpdateRun[] {
    const gradients = this.#parts.gradients;
    if (!this.#runs && gradients) {
      const { parameters } = this.#parts;
      const [weight, bias] = this.#layout.entries as [Entry, Entry | undefined];
      const runs = [{ ...weight, values: parameters.weight.pointer, gradients: gradients.weight.pointer }];
      if (bias && parameters.bias && gradients.bias) {
        runs.push({ ...bias, values: parameters.bias.pointer, gradients: gradients.bias.pointer });
      }
      this.#runs = runs;
    }
    return this.#runs ?? [];
  }

  checkUsable(caller: string): void {
    if (this.disposed) throw new ReferenceError(`${caller}: the layer is used after dispose()`);
  }

  /** The state is its optimizer's alone. */
  own(): void {}
}
