/** The outputs of a network for rows of the caller's. */
import { readArray } from "../common/arrays.js";
import { checkCount, checkFields, checkMatrix, checkMultiple } from "../common/check.js";
import { type ArrayOf, type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { overlap } from "../layer/overlap.js";
import type { Heap } from "../memory/heap.js";
import { copyIn, copyOut, locateOwned, resultArray } from "../memory/staging.js";
import { Tensor } from "../memory/tensor.js";
import type { NetworkInternals } from "./internals.js";

/** Rows at a time where only the outputs are wanted. */
export const EVALUATION_ROWS = 256;

export interface PredictOptions {
  /** How many layers, counted from the first, the rows go through: the outputs are those of the last of them. Default: all. */
  layers?: number | undefined;
}

/** `predict` of a network, with the room that it needs. */
export class Predictor<D extends DType> {
  readonly #network: NetworkInternals<D>;
  /** Where rows of the caller's own arrays are copied. */
  #input: Tensor<D> | null = null;

  constructor(network: NetworkInternals<D>) {
    this.#network = network;
  }

  predict(x: ArrayOf<D>, out: ArrayOf<D> | undefined, options: PredictOptions): ArrayOf<D> {
    const { runtime, dtype, inFeatures, inference, layouts, parameters } = this.#network;
    const { heap } = runtime;
    checkFields("predict", "options", options, ["layers"]);
    const { layers = layouts.length } = options;
    checkCount("predict", "layers", layers);
    if (layers > layouts.length) {
      throw new RangeError(`predict: layers must be at most ${layouts.length}, as many as there are, got ${layers}`);
    }
    const columns = layouts[layers - 1]?.outFeatures as number;
    const input = readArray("predict", "x", x, dtype);
    checkMultiple("predict", "x", input, inFeatures, "inFeatures");
    const rows = input.length / inFeatures;
    const output = out === undefined ? undefined : readArray("predict", "out", out, dtype);
    parameters.checkUsable("predict"); // reading the options may have run anything
    const xPlace = locateOwned("predict", "x", heap, input);
    const outPlace = output ? locateOwned("predict", "out", heap, output) : NONE;
    if (output) {
      checkMatrix("predict", "out", output, "rows", rows, "outFeatures", columns);
      checkApart("x", heap, input, output);
      checkApart("the network's parameters", heap, parameters.values.peek(), output);
    }
    let y = resultArray("predict", dtype, rows * columns, output);
    const most = Math.min(rows, EVALUATION_ROWS);
    inference.reserve("predict", most);
    if (xPlace === NONE) this.#reserveInput(most * inFeatures);
    // Memory may have grown, which detaches a view of it; then another is returned.
    const returned = out !== undefined && (outPlace === NONE || heap.holds(y.buffer)) ? out : null;
    if (outPlace !== NONE && !heap.holds(y.buffer)) y = heap.view(dtype, outPlace, rows * columns);
    for (let from = 0; from < rows; from += most) {
      const count = Math.min(most, rows - from);
      const at = this.#place(input, xPlace, from, count);
      const part = y.subarray(from * columns, (from + count) * columns) as ArrayOf<D>;
      copyOut(heap, dtype, inference.forward("predict", at, count, layers), count * columns, part, NONE);
    }
    return returned ?? y;
  }

  dispose(): void {
    this.#input?.dispose();
    this.#input = null;
  }

  #reserveInput(length: number): void {
    if (length <= (this.#input?.length ?? 0)) return;
    const { runtime, dtype } = this.#network;
    const input = new Tensor(runtime.heap, length, dtype, "predict");
    this.#input?.dispose();
    this.#input = input;
  }

  /** Where `count` rows from row `from` lie, copied if they must be. */
  #place(x: ArrayOf<D>, xPlace: Pointer, from: number, count: number): Pointer {
    const { runtime, dtype, inFeatures } = this.#network;
    if (xPlace !== NONE || !this.#input) return xPlace + from * inFeatures * elementBytes(dtype);
    copyIn(runtime.heap, dtype, x.subarray(from * inFeatures, (from + count) * inFeatures), this.#input.pointer);
    return this.#input.pointer;
  }
}

/** Outputs are written batch by batch, before the last inputs are read, and parameters for the last time. */
function checkApart(name: string, heap: Heap, x: FloatArray, out: FloatArray): void {
  const together = x.buffer === out.buffer || (heap.holds(x.buffer) && heap.holds(out.buffer));
  if (together && overlap(x.byteOffset, x.byteLength, out.byteOffset, out.byteLength)) {
    throw new RangeError(`predict: out overlaps ${name} in memory`);
  }
}
