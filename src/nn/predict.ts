/** The outputs of a network for rows of the caller's. */
import { readArray } from "../common/arrays.js";
import { checkCount, checkFields, checkMatrix, checkMultiple } from "../common/check.js";
import { type ArrayOf, type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { refuseOverlap } from "../layer/overlap.js";
import type { Heap } from "../memory/heap.js";
import { copyElements, Staged } from "../memory/staged.js";
import { locateOwned, resultArray } from "../memory/staging.js";
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
  readonly #x: Staged<D>;
  readonly #out: Staged<D>;
  /** Of the call that these two are remembered of: it had no options, and its rows went through at once. */
  #rows = 0;

  constructor(network: NetworkInternals<D>) {
    this.#network = network;
    const { runtime, dtype } = network;
    this.#x = new Staged(runtime.heap, dtype);
    this.#out = new Staged(runtime.heap, dtype);
  }

  predict(x: ArrayOf<D>, out: ArrayOf<D> | undefined, options: PredictOptions | undefined): ArrayOf<D> {
    if (options !== undefined || !this.#x.is(x) || !this.#out.is(out)) return this.#predict(x, out, options);
    // The arrays of the last call, which passed all checks, and nothing of memory changed hands since.
    const { dtype, outFeatures, layouts } = this.#network;
    const y = resultArray("predict", dtype, this.#rows * outFeatures, this.#out.view);
    this.#pass(this.#x.view as ArrayOf<D>, this.#x.place, this.#rows, layouts.length, y);
    return out ?? y;
  }

  #predict(x: ArrayOf<D>, out: ArrayOf<D> | undefined, options: PredictOptions | undefined): ArrayOf<D> {
    const { runtime, dtype, inFeatures, inference, layouts, parameters } = this.#network;
    const { heap } = runtime;
    const layers = readLayers(options, layouts.length);
    const columns = layouts[layers - 1]?.outFeatures as number;
    const input = readArray("predict", "x", x, dtype);
    checkMultiple("predict", "x", input, inFeatures, "inFeatures");
    const rows = input.length / inFeatures;
    const output = out === undefined ? null : readArray("predict", "out", out, dtype);
    parameters.checkUsable("predict"); // reading the options may have run anything
    const xPlace = locateOwned("predict", "x", heap, input);
    const outPlace = output ? locateOwned("predict", "out", heap, output) : NONE;
    if (output) {
      checkMatrix("predict", "out", output, "rows", rows, "outFeatures", columns);
      checkApart("x", heap, input, output);
      checkApart("the network's parameters", heap, parameters.values.peek(), output);
    }
    const length = rows * columns;
    let y = resultArray("predict", dtype, length, output);
    const most = Math.min(rows, EVALUATION_ROWS);
    inference.reserve("predict", most);
    if (xPlace === NONE) this.#x.reserve("predict", most * inFeatures);
    let returned = out;
    // Memory may have grown, which detaches a view of it; then another is returned.
    if (y.length < length) y = returned = heap.view(dtype, outPlace, length);
    if (rows > most) {
      for (let from = 0; from < rows; from += most) {
        const to = Math.min(from + most, rows);
        const part = xPlace === NONE ? (input.subarray(from * inFeatures, to * inFeatures) as ArrayOf<D>) : input;
        const place = xPlace && xPlace + from * inFeatures * elementBytes(dtype);
        this.#pass(part, place, to - from, layers, y.subarray(from * columns, to * columns) as ArrayOf<D>);
      }
      return returned ?? y;
    }
    if (rows > 0) this.#pass(input, xPlace, rows, layers, y);
    if (options === undefined) {
      this.#rows = rows;
      this.#x.remember(x, input, xPlace);
      this.#out.remember(out, output, outPlace);
    }
    return returned ?? y;
  }

  dispose(): void {
    this.#x.dispose();
    this.#out.dispose();
  }

  /** The outputs for rows that fit the buffers, all checked: from `x`, or from `xPlace` if it lies in the module's memory. */
  #pass(x: ArrayOf<D>, xPlace: Pointer, rows: number, layers: number, y: ArrayOf<D>): void {
    const { buffer } = this.#x;
    if (xPlace === NONE) copyElements(x, this.#x.window(buffer, x.length));
    const from = this.#network.inference.forward("predict", xPlace || buffer, rows, layers);
    copyElements(this.#out.window(from, y.length), y);
  }
}

/** How many layers are asked for, of so many that there are. */
function readLayers(options: PredictOptions | undefined, count: number): number {
  if (options === undefined) return count;
  checkFields("predict", "options", options, ["layers"]);
  const { layers = count } = options;
  checkCount("predict", "layers", layers);
  if (layers > count) {
    throw new RangeError(`predict: layers must be at most ${count}, as many as there are, got ${layers}`);
  }
  return layers;
}

/** Outputs are written batch by batch, before the last inputs are read, and parameters for the last time. */
function checkApart(name: string, heap: Heap, x: FloatArray, out: FloatArray): void {
  const together = x.buffer === out.buffer || (heap.holds(x.buffer) && heap.holds(out.buffer));
  if (together) refuseOverlap("predict", "out", out.byteOffset, out.byteLength, name, x.byteOffset, x.byteLength);
}
