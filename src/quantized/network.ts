/** A network whose products are of small integers. */
import { readArray } from "../common/arrays.js";
import { checkFields, checkMatrix, checkMultiple } from "../common/check.js";
import { fixFields } from "../common/own.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { refuseOverlap } from "../layer/overlap.js";
import { copyIn, copyOut, locateOwned, resultArray } from "../memory/staging.js";
import { disposeSymbol, Tensor } from "../memory/tensor.js";
import type { LayerActivation } from "../nn/activations.js";
import { Batches } from "../nn/batches.js";
import { checkExamples, type Examples, readExamples } from "../nn/data.js";
import { countCorrect, type Evaluation, evaluation } from "../nn/evaluate.js";
import { defaultLoss, type Loss, readyLossOf } from "../nn/losses.js";
import { Layout } from "../nn/parameterBlock.js";
import type { QuantizedPart } from "./parts.js";
import { type QuantizedRuntime, quantizedRuntimeInUse } from "./runtime.js";
import { type QuantizedStep, type Room, stepOf } from "./steps.js";

/** What is known of a layer of a quantized network: `epsilon` of a layer norm alone. */
export interface QuantizedLayer {
  readonly kind: "dense" | "layerNorm";
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly activation: LayerActivation;
  readonly epsilon?: number;
  readonly hasBias: boolean;
}

/** Rows at a time: few enough that the quantized ones of the widest layer stay in the second-level cache. */
const MOST_ROWS = 252;
const CACHED_BYTES = 2 ** 18;
/** A multiple of the height of every build's tiles. */
const TILE_ROWS = 12;

/**
 * A network with weights of eight bits: what `quantize` and `loadQuantized` return. Inputs and outputs are float32. An
 * input row with a NaN or an infinity gives outputs that are NaN.
 *
 * Every method throws a ReferenceError after `dispose()`, and a TypeError or RangeError for bad arguments, before anything
 * is written.
 */
export class QuantizedNetwork {
  declare readonly inFeatures: number;
  declare readonly outFeatures: number;
  declare readonly dtype: "float32";
  declare readonly layers: readonly QuantizedLayer[];
  readonly #runtime: QuantizedRuntime;
  readonly #steps: readonly QuantizedStep[];
  readonly #mostRows: number;
  #buffers: Tensor | null = null;
  #rows = 0;
  #input: Pointer = NONE;
  #room: Room = { quantized: NONE, ranges: NONE };
  /** Outputs of a layer and of the one before, in turns. */
  #outputs: [Pointer, Pointer] = [NONE, NONE];
  #disposed = false;

  /** @internal Users call `quantize` or `loadQuantized`. */
  constructor(caller: string, parts: readonly QuantizedPart[]) {
    const runtime = quantizedRuntimeInUse(caller);
    this.#runtime = runtime;
    const steps: QuantizedStep[] = [];
    try {
      for (const part of parts) steps.push(stepOf(caller, runtime, part));
    } catch (error) {
      for (const step of steps) step.dispose();
      throw error;
    }
    this.#steps = steps;
    fixFields<QuantizedNetwork>(this, {
      inFeatures: (steps[0] as QuantizedStep).part.inFeatures,
      outFeatures: (steps.at(-1) as QuantizedStep).part.outFeatures,
      dtype: "float32",
      layers: Object.freeze(steps.map(({ part, hasBias }) => Object.freeze({ ...part, hasBias }))),
    });
    const widest = Math.max(...steps.map(({ part }) => part.inFeatures));
    const cached = Math.floor(CACHED_BYTES / widest / TILE_ROWS) * TILE_ROWS;
    this.#mostRows = Math.max(TILE_ROWS, Math.min(cached, MOST_ROWS));
  }

  /**
   * The outputs of the last layer.
   *
   * @param x rows × inFeatures values; data of a `tensor` is not copied
   * @param out where to put them, rows × outFeatures; default: a new array
   */
  predict(x: Float32Array, out?: Float32Array): Float32Array {
    this.#checkUsable("predict");
    const { inFeatures, outFeatures, dtype } = this;
    const { heap } = this.#runtime.nn;
    const input = readArray("predict", "x", x, dtype);
    checkMultiple("predict", "x", input, inFeatures, "inFeatures");
    const rows = input.length / inFeatures;
    const output = out === undefined ? undefined : readArray("predict", "out", out, dtype);
    if (output) {
      checkMatrix("predict", "out", output, "rows", rows, "outFeatures", outFeatures);
      const together = input.buffer === output.buffer || (heap.holds(input.buffer) && heap.holds(output.buffer));
      if (together) {
        refuseOverlap("predict", "out", output.byteOffset, output.byteLength, "x", input.byteOffset, input.byteLength);
      }
    }
    const xPlace = locateOwned("predict", "x", heap, input);
    const outPlace = output ? locateOwned("predict", "out", heap, output) : NONE;
    let y = resultArray("predict", dtype, rows * outFeatures, output);
    const most = Math.min(rows, this.#mostRows);
    this.#reserve("predict", most);
    let returned = out;
    // Memory may have grown, which detaches a view of it; then another is returned.
    if (outPlace !== NONE && !heap.holds(y.buffer)) y = returned = heap.view(dtype, outPlace, rows * outFeatures);
    for (let from = 0; from < rows; from += most) {
      const count = Math.min(most, rows - from);
      let at = xPlace + from * inFeatures * Float32Array.BYTES_PER_ELEMENT;
      if (xPlace === NONE) {
        at = this.#input;
        copyIn(heap, dtype, input.subarray(from * inFeatures, (from + count) * inFeatures), at);
      }
      const part = y.subarray(from * outFeatures, (from + count) * outFeatures);
      copyOut(heap, dtype, this.#forward(at, count), count * outFeatures, part, NONE);
    }
    return returned ?? y;
  }

  /** The mean loss over examples and, for labels, the part of them whose largest output is that of their class. */
  evaluate(examples: Examples, options: { readonly loss?: Loss | undefined } = {}): Evaluation {
    this.#checkUsable("evaluate");
    checkFields("evaluate", "options", options, ["loss"]);
    const { loss: named } = options;
    const given = readExamples("evaluate", "examples", examples);
    const loss = readyLossOf("evaluate", named ?? defaultLoss(given));
    const { nn } = this.#runtime;
    const { dtype, inFeatures, outFeatures } = this;
    const sizes = { runtime: nn, dtype, inFeatures, outFeatures };
    const checked = checkExamples("evaluate", "examples", given, sizes, loss);
    this.#checkUsable("evaluate"); // reading the examples may have run anything
    const most = Math.min(this.#mostRows, checked.count);
    const batches = new Batches("evaluate", nn, sizes, checked, most, true);
    try {
      this.#reserve("evaluate", most);
      const kernels = nn.kernels.float32;
      const { count, labelled, total, metric } = batches;
      let [sum, correct] = [0, 0];
      for (let from = 0; from < count; from += most) {
        const rows = Math.min(most, count - from);
        batches.take(from, rows);
        const y = this.#forward(batches.x, rows);
        correct += countCorrect(sizes, batches, y, rows);
        sum += loss.part(kernels, rows, outFeatures, y, batches.targets, labelled, batches.weights, total, NONE);
      }
      return evaluation(sum, correct, metric, count, outFeatures);
    } finally {
      batches.dispose();
    }
  }

  /** @internal What the network is made of, as `saveQuantized` writes it. */
  parts(caller: string): QuantizedPart[] {
    this.#checkUsable(caller);
    return this.#steps.map((step) => step.values(caller));
  }

  /** Returns all memory. A second call does nothing. `using small = …` calls it by itself. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const step of this.#steps) step.dispose();
    this.#buffers?.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  /** Makes room for batches of `rows`, or changes nothing. */
  #reserve(caller: string, rows: number): void {
    if (rows <= this.#rows) return;
    const { nn, kernels } = this.#runtime;
    const block = new Layout("float32");
    const bytes = (name: string, length: number) => block.add(name, Math.ceil(length / 4));
    const input = block.add("input", rows * this.inFeatures);
    const quantized = bytes(
      "quantized",
      Math.max(...this.#steps.map(({ part }) => kernels.inputBytes(rows, part.inFeatures) >>> 0)),
    );
    const ranges = bytes("ranges", rows * kernels.rangeBytes.value);
    const widest = rows * Math.max(...this.#steps.map(({ part }) => part.outFeatures));
    const outputs = [block.add("here", widest), block.add("there", widest)] as const;
    const buffers = new Tensor(nn.heap, block.length, "float32", caller);
    // Nothing can fail from here on.
    this.#buffers?.dispose();
    this.#buffers = buffers;
    this.#rows = rows;
    const place = ({ offset }: { offset: number }) => buffers.pointer + offset * Float32Array.BYTES_PER_ELEMENT;
    this.#input = place(input);
    this.#room = { quantized: place(quantized), ranges: place(ranges) };
    this.#outputs = [place(outputs[0]), place(outputs[1])];
  }

  /** Where the outputs of the last layer lie for `rows` rows at `x`. */
  #forward(x: Pointer, rows: number): Pointer {
    let from = x;
    for (const [i, step] of this.#steps.entries()) {
      const y = this.#outputs[i % 2] as Pointer;
      step.run(from, rows, y, this.#room);
      from = y;
    }
    return from;
  }

  #checkUsable(caller: string): void {
    if (this.#disposed) throw new ReferenceError(`${caller}: the network is used after dispose()`);
  }
}
