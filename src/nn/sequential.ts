/** A network: dense layers one after the other. */

import {
  checkArray,
  checkChoice,
  checkCount,
  checkFields,
  checkMatrix,
  checkMultiple,
  checkWhole,
  kindOf,
} from "../common/check.js";
import { type ArrayOf, DTYPES, type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { anySeed, subseed } from "../common/random.js";
import { NONE } from "../kernels/abi.js";
import { initialize } from "../layer/initializers.js";
import { copyIn, copyOut, locateOwned, resultArray } from "../memory/staging.js";
import { disposeSymbol, Tensor } from "../memory/tensor.js";
import { Chain } from "./chain.js";
import { Batches, checkExamples, type Examples } from "./data.js";
import { Dense, DenseLayer } from "./dense.js";
import { type Evaluation, evaluateOn, type Model } from "./evaluate.js";
import { Fit } from "./fit.js";
import { checkLoss, defaultLoss, type Loss } from "./losses.js";
import { Layout, Parameters } from "./parameters.js";
import { runtimeInUse } from "./runtime.js";
import { summarize } from "./summary.js";
import { EVALUATION_ROWS, type FitOptions, prepare, train } from "./train.js";

export interface SequentialOptions<D extends DType = "float32"> {
  /** Element type of every array. Default "float32". */
  dtype?: D | undefined;
  /** A whole number below 2³² that makes the starting values reproducible. Default: another one for every network. */
  seed?: number | undefined;
}

export interface EvaluateOptions {
  /** Default: `softmaxCrossEntropy()` for labels, `meanSquaredError()` for targets. */
  loss?: Loss | undefined;
  /** Examples at a time; the result depends on it only in its last bits. Default 256. */
  batchSize?: number | undefined;
}

/**
 * Dense layers one after the other: the outputs of each are the inputs of the next.
 *
 * ```ts
 * const net = new Sequential(784, [dense(100, { activation: "relu" }), dense(10)], { seed: 1 });
 * await net.fit({ x, labels }, { optimizer: sgd({ learningRate: 0.1 }), epochs: 5 });
 * const logits = net.predict(image);
 * ```
 *
 * Every method throws a ReferenceError after `dispose()`, and a TypeError or RangeError for bad arguments, before anything
 * is written.
 */
export class Sequential<D extends DType = "float32"> {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly dtype: D;
  readonly layers: readonly DenseLayer<D>[];
  readonly #model: Model<D>;
  /** Where rows of the caller's own arrays are copied for `predict`. */
  #input: Tensor<D> | null = null;

  /**
   * @param inFeatures columns of x
   * @param layers what `dense` returns, at least one
   * @throws TypeError, RangeError for bad sizes and options, or if memory runs out
   */
  constructor(inFeatures: number, layers: readonly Dense[], options: SequentialOptions<D> = {}) {
    checkCount("Sequential", "inFeatures", inFeatures);
    if (!Array.isArray(layers)) {
      throw new TypeError(`Sequential: layers must be an array of dense(…), got ${kindOf(layers)}`);
    }
    if (layers.length === 0) throw new RangeError("Sequential: layers is empty");
    checkFields("Sequential", "options", options, ["dtype", "seed"]);
    const { dtype = "float32" as D, seed = anySeed() } = options;
    checkChoice("Sequential", "dtype", dtype, DTYPES);
    checkWhole("Sequential", "seed", seed, 2 ** 32 - 1);

    const layout = new Layout(dtype);
    let columns = inFeatures;
    const links = layers.map((layer: Dense, i) => {
      if (!(layer instanceof Dense)) {
        throw new TypeError(`Sequential: layers[${i}] must be a dense(…), got ${kindOf(layer)}`);
      }
      const { outFeatures, activation, bias } = layer;
      const weight = layout.add(`${i}.weight`, columns * outFeatures);
      const link = { inFeatures: columns, outFeatures, activation, weight };
      columns = outFeatures;
      return { ...link, bias: bias ? layout.add(`${i}.bias`, outFeatures) : null };
    });
    this.inFeatures = inFeatures;
    this.outFeatures = columns;
    this.dtype = dtype;
    const runtime = runtimeInUse();
    const parameters = new Parameters(runtime.heap, dtype, layout);
    const chain = new Chain(runtime, parameters, links);
    this.#model = { runtime, dtype, inFeatures, outFeatures: columns, parameters, chain };
    this.layers = links.map((link) => new DenseLayer(link, parameters));
    for (const [i, layer] of this.layers.entries()) {
      const { initializer } = layers[i] as Dense;
      initialize(layer.peek(), initializer, layer.inFeatures, layer.outFeatures, subseed(seed, i));
    }
  }

  /**
   * The outputs of the last layer.
   *
   * @param x rows × inFeatures values; data of a `tensor` is not copied
   * @param out where to put them, rows × outFeatures; default: a new array
   */
  predict(x: ArrayOf<D>, out?: ArrayOf<D>): ArrayOf<D> {
    this.#checkUsable("predict");
    const { runtime, dtype, inFeatures, outFeatures, chain } = this.#model;
    const { heap } = runtime;
    checkArray("predict", "x", x, dtype);
    checkMultiple("predict", "x", x, inFeatures, "inFeatures");
    const rows = x.length / inFeatures;
    if (out !== undefined) {
      checkArray("predict", "out", out, dtype);
      checkMatrix("predict", "out", out, "rows", rows, "outFeatures", outFeatures);
      checkApart(x, out);
    }
    const xPlace = locateOwned("predict", "x", heap, x);
    const outPlace = out === undefined ? NONE : locateOwned("predict", "out", heap, out);
    let y = resultArray("predict", dtype, rows * outFeatures, out);
    const most = Math.min(rows, EVALUATION_ROWS);
    chain.reserve("predict", most, false);
    if (xPlace === NONE && most * inFeatures > (this.#input?.length ?? 0)) {
      const input = new Tensor(heap, most * inFeatures, dtype, "predict");
      this.#input?.dispose();
      this.#input = input;
    }
    // Memory may have grown, which detaches a view of it.
    if (outPlace !== NONE && y.buffer !== heap.buffer) y = heap.view(dtype, outPlace, rows * outFeatures);
    const size = elementBytes(dtype);
    for (let from = 0; from < rows; from += most) {
      const count = Math.min(most, rows - from);
      let at = xPlace + from * inFeatures * size;
      if (this.#input && xPlace === NONE) {
        at = this.#input.pointer;
        copyIn(heap, dtype, x.subarray(from * inFeatures, (from + count) * inFeatures), at);
      }
      const part = y.subarray(from * outFeatures, (from + count) * outFeatures) as ArrayOf<D>;
      copyOut(heap, dtype, chain.forward(at, count, false), count * outFeatures, part, NONE);
    }
    return y;
  }

  /** The mean loss over examples and, for labels, the part of them whose largest output is that of their class. */
  evaluate(examples: Examples<D>, options: EvaluateOptions = {}): Evaluation {
    this.#checkUsable("evaluate");
    checkFields("evaluate", "options", options, ["loss", "batchSize"]);
    const { loss = defaultLoss(examples), batchSize = EVALUATION_ROWS } = options;
    checkLoss("evaluate", loss);
    checkCount("evaluate", "batchSize", batchSize);
    const checked = checkExamples("evaluate", "examples", examples, this.#model, loss);
    const most = Math.min(batchSize, checked.count);
    const batches = new Batches("evaluate", this.#model.runtime, this.#model, checked, most, true);
    try {
      this.#model.chain.reserve("evaluate", most, false);
      return evaluateOn(this.#model, batches, loss, most);
    } finally {
      batches.dispose();
    }
  }

  /**
   * Trains on examples. The run starts by itself, and gives the event loop a turn every few milliseconds; see `Fit`.
   *
   * @throws as every method, here and now; the run itself is rejected with the reason of an abort, or an Error that names
   *   step and epoch if the loss is no longer finite: the weights are then those from before that step
   */
  fit(examples: Examples<D>, options: FitOptions<D>): Fit {
    this.#checkUsable("fit");
    return new Fit(train(prepare(this.#model, examples, options)));
  }

  /** The layers with their sizes, as a table of text. */
  summary(): string {
    return summarize(this.layers, this.dtype);
  }

  /** Returns all memory, that of its optimizers too. A second call does nothing. `using net = …` calls it by itself. */
  dispose(): void {
    const { parameters, chain } = this.#model;
    if (parameters.disposed) return;
    parameters.dispose();
    chain.dispose();
    this.#input?.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  #checkUsable(caller: string): void {
    if (this.#model.parameters.disposed) throw new ReferenceError(`${caller}: the network is used after dispose()`);
  }
}

/** Outputs are written batch by batch, before the last inputs are read. */
function checkApart(x: FloatArray, out: FloatArray): void {
  const apart = x.byteOffset >= out.byteOffset + out.byteLength || out.byteOffset >= x.byteOffset + x.byteLength;
  if (x.buffer === out.buffer && !apart) throw new RangeError("predict: out overlaps x in memory");
}
