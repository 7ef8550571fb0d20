/** The layers of a quantized network as they run. */
import type { Pointer } from "../kernels/abi.js";
import { Tensor } from "../memory/tensor.js";
import { activationKind, NO_ACTIVATION, parameterOf, RELU } from "../nn/activations.js";
import type { FloatLayerNorm, QuantizedDense, QuantizedPart } from "./parts.js";
import type { QuantizedRuntime } from "./runtime.js";
import { packed, unpacked } from "./weights.js";

/** Where the rows of a batch are quantized. */
export interface Room {
  readonly quantized: Pointer;
  readonly ranges: Pointer;
}

export interface QuantizedStep {
  readonly part: Omit<QuantizedPart, "values" | "scales" | "weight" | "bias">;
  readonly hasBias: boolean;
  /** The outputs for rows at `x` are put at `y`. */
  run(x: Pointer, rows: number, y: Pointer, room: Room): void;
  /** What the layer is made of. */
  values(caller: string): QuantizedPart;
  dispose(): void;
}

/** @throws RangeError if memory runs out; nothing is kept then */
export function stepOf(caller: string, runtime: QuantizedRuntime, part: QuantizedPart): QuantizedStep {
  return part.kind === "dense" ? new DenseStep(caller, runtime, part) : new LayerNormStep(caller, runtime, part);
}

class DenseStep implements QuantizedStep {
  readonly part: Omit<QuantizedDense, "values" | "scales" | "bias">;
  readonly hasBias: boolean;
  readonly #runtime: QuantizedRuntime;
  readonly #weights: Tensor;
  readonly #kind: number;
  readonly #parameter: number;

  constructor(caller: string, runtime: QuantizedRuntime, part: QuantizedDense) {
    const { kind, inFeatures, outFeatures, activation, bias } = part;
    this.part = { kind, inFeatures, outFeatures, activation };
    this.hasBias = bias !== null;
    this.#runtime = runtime;
    this.#weights = packed(caller, runtime, part);
    this.#kind = activationKind(activation);
    this.#parameter = parameterOf(activation);
  }

  run(x: Pointer, rows: number, y: Pointer, { quantized, ranges }: Room): void {
    const { nn, kernels, scratch } = this.#runtime;
    const { inFeatures, outFeatures } = this.part;
    const kind = this.#kind;
    kernels.quantizeRows(rows, inFeatures, x, quantized, ranges);
    // biome-ignore format: operand by operand
    kernels.multiply(
      rows, outFeatures, inFeatures,
      quantized, ranges,
      this.#weights.pointer,
      y, Number(kind === RELU), scratch,
    );
    if (kind !== NO_ACTIVATION && kind !== RELU) {
      nn.kernels.float32.activate(kind, rows * outFeatures, y, y, this.#parameter);
    }
  }

  values(caller: string): QuantizedDense {
    return { ...this.part, ...unpacked(caller, this.#runtime, this.part, this.hasBias, this.#weights) };
  }

  dispose(): void {
    this.#weights.dispose();
  }
}

class LayerNormStep implements QuantizedStep {
  readonly part: Omit<FloatLayerNorm, "weight" | "bias">;
  readonly hasBias = true;
  readonly #runtime: QuantizedRuntime;
  /** Weights, then biases. */
  readonly #values: Tensor<"float32">;
  readonly #kind: number;
  readonly #parameter: number;

  constructor(caller: string, runtime: QuantizedRuntime, part: FloatLayerNorm) {
    const { kind, inFeatures, outFeatures, activation, epsilon, weight, bias } = part;
    this.part = { kind, inFeatures, outFeatures, activation, epsilon };
    this.#runtime = runtime;
    this.#values = new Tensor(runtime.nn.heap, 2 * outFeatures, "float32", caller);
    this.#values.peek().set(weight);
    this.#values.peek().set(bias, outFeatures);
    this.#kind = activationKind(activation);
    this.#parameter = parameterOf(activation);
  }

  run(x: Pointer, rows: number, y: Pointer): void {
    const kernels = this.#runtime.nn.kernels.float32;
    const { outFeatures, epsilon } = this.part;
    const { pointer } = this.#values;
    const bias = pointer + outFeatures * Float32Array.BYTES_PER_ELEMENT;
    kernels.layerNorm(rows, outFeatures, x, pointer, bias, epsilon, y, 0);
    if (this.#kind !== NO_ACTIVATION) kernels.activate(this.#kind, rows * outFeatures, y, y, this.#parameter);
  }

  values(): FloatLayerNorm {
    const values = this.#values.peek();
    const { outFeatures } = this.part;
    return {
      ...this.part,
      weight: new Float32Array(values.subarray(0, outFeatures)),
      bias: new Float32Array(values.subarray(outFeatures)),
    };
  }

  dispose(): void {
    this.#values.dispose();
  }
}
