/** A network: layers one after the other. */

import { checkChoice, checkCount, checkFields, checkSeed } from "../common/check.js";
import { type ArrayOf, DTYPES, type DType } from "../common/dtype.js";
import { KIND, notOwn } from "../common/own.js";
import { anySeed } from "../common/random.js";
import type { BackwardOptions } from "../layer/options.js";
import { disposeSymbol } from "../memory/tensor.js";
import { Batches } from "./batches.js";
import { BatchLoss } from "./batchLoss.js";
import { ByHand } from "./byHand.js";
import { Chain } from "./chain.js";
import { copyWeights } from "./copyWeights.js";
import { checkExamples, type Examples, readExamples } from "./data.js";
import { type Evaluation, evaluateOn } from "./evaluate.js";
import type { FitOptions } from "./fitOptions.js";
import { Inference } from "./inference.js";
import type { NetworkInternals } from "./internals.js";
import { type LayerSpec, type LayersOf, layOut, makeLayers, readSpecs } from "./layers/index.js";
import { defaultLoss, lossOf } from "./losses.js";
import type { FitMetrics, History } from "./metrics.js";
import { registerNetwork } from "./networks.js";
import { ParameterBlock } from "./parameterBlock.js";
import { passesOf } from "./passes/index.js";
import { EVALUATION_ROWS, type PredictOptions, Predictor } from "./predict.js";
import { runtimeInUse } from "./runtime.js";
import type { EvaluateOptions, SequentialOptions } from "./sequentialOptions.js";
import { summarize } from "./summary.js";
import { checkRun, historyOf, prepareRun, train, trainChecked } from "./training.js";

/**
 * Layers one after the other: the outputs of each are the inputs of the next.
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
export class Sequential<D extends DType = "float32", const L extends readonly LayerSpec[] = readonly LayerSpec[]> {
  /** All layers, in order, each of the type that its specification says: `net.layers[0].weight`. */
  readonly layers: LayersOf<L, D>;
  readonly #internals: NetworkInternals<D>;
  readonly #predictor: Predictor<D>;
  readonly #byHand: ByHand<D>;

  /**
   * @param inFeatures columns of x
   * @param layers what `dense`, `layerNorm` and `dropout` return, at least one
   * @throws TypeError, RangeError for bad sizes and options, or if memory runs out
   */
  constructor(inFeatures: number, layers: L, options: SequentialOptions<D> = {}) {
    checkCount("Sequential", "inFeatures", inFeatures);
    const specs = readSpecs("Sequential", layers);
    checkFields("Sequential", "options", options, ["dtype", "seed"]);
    const { dtype = "float32" as D, seed = anySeed() } = options;
    checkChoice("Sequential", "dtype", dtype, DTYPES);
    checkSeed("Sequential", "seed", seed);

    const { block, layouts } = layOut(inFeatures, specs, dtype);
    const outFeatures = layouts.at(-1)?.outFeatures as number;
    const runtime = runtimeInUse();
    const parameters = new ParameterBlock(runtime.heap, dtype, block, layouts);
    const masks = { seed, rows: 0 };
    const passes = passesOf(runtime, parameters, layouts, masks);
    const chain = new Chain(parameters, passes, masks);
    const inference = new Inference(parameters, passes);
    this.#internals = { runtime, dtype, inFeatures, outFeatures, parameters, layouts, chain, inference, masks };
    this.#predictor = new Predictor(this.#internals);
    this.#byHand = new ByHand(this.#internals);
    registerNetwork(this, this.#internals);
    // One for each specification, in their order.
    this.layers = Object.freeze(makeLayers(runtime.backend, specs, layouts, parameters, seed)) as unknown as LayersOf<
      L,
      D
    >;
  }

  /** Columns of the inputs. */
  get inFeatures(): number {
    Sequential.#checkOwn(this, "inFeatures");
    return this.#internals.inFeatures;
  }

  /** Columns of the outputs. */
  get outFeatures(): number {
    Sequential.#checkOwn(this, "outFeatures");
    return this.#internals.outFeatures;
  }

  get dtype(): D {
    Sequential.#checkOwn(this, "dtype");
    return this.#internals.dtype;
  }

  /**
   * The outputs of the last layer, or of an inner one.
   *
   * @param x rows × inFeatures values; data of a `tensor` is not copied
   * @param out where to put them, rows × outFeatures; default: a new array
   */
  predict(x: ArrayOf<D>, out?: ArrayOf<D>, options?: PredictOptions): ArrayOf<D> {
    Sequential.#checkUsable(this, "predict");
    return this.#predictor.predict(x, out, options);
  }

  /**
   * The outputs in training, for steps by hand: as `predict`, but with dropout, for a batch of any size at once, and with all
   * kept that `backward` needs.
   *
   * ```ts
   * const y = net.forward(x);
   * const { loss, dy } = softmaxCrossEntropy().of(y, { labels });
   * net.backward(dy);
   * optimizer.step(net);
   * ```
   *
   * @param x rows × inFeatures values. If it lies in the module's memory (a `tensor`'s data) it is not copied: it must stay
   *   as it is, and its tensor undisposed, until `backward`.
   * @param out where to put the outputs, rows × outFeatures; default: a new array
   * @throws TypeError or RangeError for a wrong array or length, an `out` that overlaps x or the parameters, an x that overlaps
   *   the gradients, or no memory left; ReferenceError for a view of a disposed tensor
   */
  forward(x: ArrayOf<D>, out?: ArrayOf<D>): ArrayOf<D> {
    Sequential.#checkUsable(this, "forward");
    return this.#byHand.forward(x, out);
  }

  /**
   * The gradients of the last `forward`: those of the parameters go to `dWeight` and `dBias` of each layer that is trained.
   * `predict` and `evaluate` may come in between, a `fit` may not. With `accumulate` they are added to what is there: several
   * times forward and backward, then one step.
   *
   * @param dy the gradient of the loss with respect to the outputs, rows × outFeatures: divide by the rows for a mean
   * @returns that of the inputs, rows × inFeatures; null with `inputGradient: false`, which saves a product
   * @throws Error before any `forward`; TypeError or RangeError as `forward`
   */
  backward(dy: ArrayOf<D>, options: BackwardOptions<D> & { inputGradient: false }): null;
  backward(dy: ArrayOf<D>, options?: BackwardOptions<D> & { inputGradient?: true | undefined }): ArrayOf<D>;
  backward(dy: ArrayOf<D>, options?: BackwardOptions<D>): ArrayOf<D> | null;
  backward(dy: ArrayOf<D>, options?: BackwardOptions<D>): ArrayOf<D> | null {
    Sequential.#checkUsable(this, "backward");
    return this.#byHand.backward(dy, options);
  }

  /**
   * Takes all weights of a network of the same layers and element type, such as the one that it is the slow copy of.
   *
   * @throws TypeError for what is no network, RangeError for one of other layers, ReferenceError for a disposed one
   */
  copyFrom(other: { readonly dtype: D; readonly layers: readonly unknown[] }): void {
    Sequential.#checkUsable(this, "copyFrom");
    copyWeights("copyFrom", this.#internals, other, Sequential);
  }

  /** The mean loss over examples and, for labels, the part of them whose largest output is that of their class. */
  evaluate(examples: Examples<D>, options: EvaluateOptions<D> = {}): Evaluation {
    Sequential.#checkUsable(this, "evaluate");
    checkFields("evaluate", "options", options, ["loss", "classWeights", "batchSize"]);
    const { loss: named, classWeights, batchSize = EVALUATION_ROWS } = options;
    checkCount("evaluate", "batchSize", batchSize);
    const given = readExamples("evaluate", "examples", examples);
    const loss = lossOf<D>("evaluate", named ?? defaultLoss(given));
    const checked = checkExamples("evaluate", "examples", given, this.#internals, loss, classWeights);
    const most = Math.min(batchSize, checked.count);
    const batches = new Batches("evaluate", this.#internals.runtime, this.#internals, checked, most, true);
    try {
      this.#internals.inference.reserve("evaluate", most);
      const batchLoss = new BatchLoss("evaluate", this.#internals, loss, batches);
      return evaluateOn("evaluate", this.#internals, batches, batchLoss, most);
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
    return summarize(this.#internals.layouts, this.dtype);
  }

  /** Returns all memory, that of its optimizers too. A second call does nothing. `using net = …` calls it by itself. */
  dispose(): void {
    Sequential.#checkOwn(this, "dispose");
    const { parameters, chain, inference } = this.#internals;
    if (parameters.disposed) return;
    parameters.dispose();
    chain.dispose();
    inference.dispose();
    this.#predictor.dispose();
    this.#byHand.dispose();
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

  static #checkOwn(net: object, caller: string): void {
    if (!(#internals in net)) throw notOwn(caller, "the network", net, Sequential, "a Sequential");
  }

  static #checkUsable(net: Sequential<DType>, caller: string): void {
    Sequential.#checkOwn(net, caller);
    net.#internals.parameters.checkUsable(caller);
  }
}
