/** A network: dense layers one after the other. */

import {
  checkArray,
  checkChoice,
  checkCount,
  checkFields,
  checkMatrix,
  checkMultiple,
  checkSeed,
  kindOf,
} from "../common/check.js";
import { type ArrayOf, DTYPES, type DType, elementBytes, type FloatArray } from "../common/dtype.js";
import { KIND, notOwn } from "../common/own.js";
import { anySeed, subseed } from "../common/random.js";
import { NONE } from "../kernels/abi.js";
import { initialize } from "../layer/initializers.js";
import { overlap } from "../layer/overlap.js";
import type { Heap } from "../memory/heap.js";
import { copyIn, copyOut, locateOwned, resultArray } from "../memory/staging.js";
import { disposeSymbol, Tensor } from "../memory/tensor.js";
import { Chain, type DenseLayout } from "./chain.js";
import { Batches, checkExamples, type Examples } from "./data.js";
import { DenseLayer, type DenseSpec, specOf } from "./dense.js";
import { type Evaluation, evaluateOn } from "./evaluate.js";
import type { FitOptions } from "./fitOptions.js";
import type { NetworkInternals } from "./internals.js";
import { defaultLoss, type Loss, lossOf } from "./losses.js";
import type { FitMetrics, History } from "./metrics.js";
import { Layout, ParameterBlock } from "./parameterBlock.js";
import { runtimeInUse } from "./runtime.js";
import { summarize } from "./summary.js";
import { checkRun, EVALUATION_ROWS, historyOf, prepareRun, train, trainChecked } from "./training.js";

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
  readonly #internals: NetworkInternals<D>;
  /** Where rows of the caller's own arrays are copied for `predict`. */
  #input: Tensor<D> | null = null;

  /**
   * @param inFeatures columns of x
   * @param layers what `dense` returns, at least one
   * @throws TypeError, RangeError for bad sizes and options, or if memory runs out
   */
  constructor(inFeatures: number, layers: readonly DenseSpec[], options: SequentialOptions<D> = {}) {
    checkCount("Sequential", "inFeatures", inFeatures);
    if (!Array.isArray(layers)) {
      throw new TypeError(`Sequential: layers must be an array of dense(…), got ${kindOf(layers)}`);
    }
    if (layers.length === 0) throw new RangeError("Sequential: layers is empty");
    checkFields("Sequential", "options", options, ["dtype", "seed"]);
    const { dtype = "float32" as D, seed = anySeed() } = options;
    checkChoice("Sequential", "dtype", dtype, DTYPES);
    checkSeed("Sequential", "seed", seed);

    const specs = layers.map((layer, i) => specOf("Sequential", `layers[${i}]`, layer));
    const { block, denses } = layOut(inFeatures, specs, dtype);
    const outFeatures = (denses.at(-1) as DenseLayout).outFeatures;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.dtype = dtype;
    const runtime = runtimeInUse();
    const parameters = new ParameterBlock(runtime.heap, dtype, block);
    const chain = new Chain(runtime, parameters, denses);
    this.#internals = { runtime, dtype, inFeatures, outFeatures, parameters, chain };
    this.layers = denses.map((dense) => new DenseLayer(dense, parameters));
    for (const [i, layer] of this.layers.entries()) {
      const { initializer } = specs[i] as DenseSpec;
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
    Sequential.#checkUsable(this, "predict");
    const { runtime, dtype, inFeatures, outFeatures, chain } = this.#internals;
    const { heap } = runtime;
    checkArray("predict", "x", x, dtype);
    checkMultiple("predict", "x", x, inFeatures, "inFeatures");
    const rows = x.length / inFeatures;
    if (out !== undefined) {
      checkArray("predict", "out", out, dtype);
      checkMatrix("predict", "out", out, "rows", rows, "outFeatures", outFeatures);
      checkApart(heap, x, out);
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
    if (outPlace !== NONE && !heap.holds(y.buffer)) y = heap.view(dtype, outPlace, rows * outFeatures);
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
    Sequential.#checkUsable(this, "evaluate");
    checkFields("evaluate", "options", options, ["loss", "batchSize"]);
    const { loss: given = defaultLoss(examples), batchSize = EVALUATION_ROWS } = options;
    const loss = lossOf("evaluate", given);
    checkCount("evaluate", "batchSize", batchSize);
    const checked = checkExamples("evaluate", "examples", examples, this.#internals, loss);
    const most = Math.min(batchSize, checked.count);
    const batches = new Batches("evaluate", this.#internals.runtime, this.#internals, checked, most, true);
    try {
      this.#internals.chain.reserve("evaluate", most, false);
      return evaluateOn(this.#internals, batches, loss, most);
    } finally {
      batches.dispose();
    }
  }

  /**
   * Trains on examples, from the first epoch to the last, and gives the event loop a turn every few milliseconds.
   *
   * @returns the metrics of every epoch
   * @throws as every method, here and now; the promise is rejected with the reason of an abort, or an Error that names step
   *   and epoch if the loss is no longer finite: the weights are then those from before that step
   */
  fit(examples: Examples<D>, options: FitOptions<D>): Promise<History> {
    Sequential.#checkUsable(this, "fit");
    return historyOf(train(prepareRun(checkRun("fit", this.#internals, examples, options))));
  }

  /**
   * As `fit`, but trains an epoch whenever the loop asks for one: between two, nothing changes.
   *
   * ```ts
   * for await (const { epoch, loss } of net.epochs(examples, options)) if (loss < 0.01) break;
   * ```
   *
   * Arguments are checked at once; memory is taken when the first epoch is asked for, and returned when the loop is left.
   */
  epochs(examples: Examples<D>, options: FitOptions<D>): AsyncGenerator<FitMetrics, void> {
    Sequential.#checkUsable(this, "epochs");
    return trainChecked(checkRun("epochs", this.#internals, examples, options));
  }

  /** The layers with their sizes, as a table of text. */
  summary(): string {
    return summarize(this.layers, this.dtype);
  }

  /** Returns all memory, that of its optimizers too. A second call does nothing. `using net = …` calls it by itself. */
  dispose(): void {
    if (!(#internals in this)) throw notOwn("dispose", "the network", this, Sequential, "a Sequential");
    const { parameters, chain } = this.#internals;
    if (parameters.disposed) return;
    parameters.dispose();
    chain.dispose();
    this.#input?.dispose();
  }

  /** @internal */
  get [KIND](): string {
    return "Sequential";
  }

  /** @internal Vue leaves it as it is. */
  get __v_skip(): boolean {
    return true;
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  static #checkUsable(net: object, caller: string): void {
    if (!(#internals in net)) throw notOwn(caller, "the network", net, Sequential, "a Sequential");
    if (net.#internals.parameters.disposed) throw new ReferenceError(`${caller}: the network is used after dispose()`);
  }
}

/** Outputs are written batch by batch, before the last inputs are read. */
function checkApart(heap: Heap, x: FloatArray, out: FloatArray): void {
  const together = x.buffer === out.buffer || (heap.holds(x.buffer) && heap.holds(out.buffer));
  if (together && overlap(x.byteOffset, x.byteLength, out.byteOffset, out.byteLength))
    throw new RangeError("predict: out overlaps x in memory");
}

/** Where the parameters of each layer lie in one block. */
function layOut(inFeatures: number, specs: readonly DenseSpec[], dtype: DType) {
  const block = new Layout(dtype);
  const denses: DenseLayout[] = [];
  let columns = inFeatures;
  for (const [i, spec] of specs.entries()) {
    const { outFeatures, activation } = spec;
    const weight = block.add(`${i}.weight`, columns * outFeatures);
    const bias = spec.bias ? block.add(`${i}.bias`, outFeatures) : null;
    denses.push({ inFeatures: columns, outFeatures, activation, weight, bias });
    columns = outFeatures;
  }
  return { block, denses };
}
