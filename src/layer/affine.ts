/** The layer: parameters that live in the module's memory, a forward pass, a backward pass, an update. */
import { checkFinite, checkWhole } from "../common/check.js";
import type { ArrayOf, DType } from "../common/dtype.js";
import { fixFields, KIND, notOwn } from "../common/own.js";
import { backendInUse } from "../engine/start.js";
import { disposeSymbol } from "../memory/tensor.js";
import { ArrayPasses } from "./arrayPasses.js";
import { initialize } from "./initializers.js";
import type { Activation, AffineOptions, BackwardOptions } from "./options.js";
import { backwardOptions, checkBackwardOptions, readOptions } from "./options.js";
import type { AffineParts } from "./weightAndBias.js";

/** What an optimizer updates of a layer; undefined for anything but an Affine of this copy of the package itself. */
export let partsOfAffine: (layer: object) => AffineParts | undefined;

/**
 * A dense layer, `Y = act(X·W + b)`, b added to every row, and its gradients.
 *
 * Shapes, row-major: X batch × in, W in × out, b out, Y batch × out. The batch size is read off the length of X, and may
 * change from call to call.
 *
 * ```ts
 * const layer = new Affine(784, 100, { activation: "relu" });
 * const y = layer.forward(x);    // x: batch·784 values
 * const dx = layer.backward(dy); // fills layer.dWeight and layer.dBias
 * layer.step(0.1);               // gradient descent
 * ```
 *
 * Every method throws a ReferenceError after `dispose()`. A call that throws has left the layer as it was.
 */
export class Affine<D extends DType = "float32"> {
  declare readonly inFeatures: number;
  declare readonly outFeatures: number;
  declare readonly dtype: D;
  declare readonly activation: Activation;
  readonly #passes: ArrayPasses<D>;
  #disposed = false;

  /**
   * @param inFeatures columns of X, at least 0
   * @param outFeatures columns of Y, at least 0
   * @throws TypeError, RangeError for bad sizes and options, or if memory runs out
   */
  constructor(inFeatures: number, outFeatures: number, options: AffineOptions<D> = {}) {
    checkWhole("Affine", "inFeatures", inFeatures);
    checkWhole("Affine", "outFeatures", outFeatures);
    const { dtype, activation, bias, initializer, seed } = readOptions(options);
    fixFields<Affine<D>>(this, { inFeatures, outFeatures, dtype, activation });
    const passes = new ArrayPasses(backendInUse(), this, dtype, activation === "relu", bias);
    this.#passes = passes;
    initialize(passes.backend, passes.parameters.peek(), initializer, inFeatures, outFeatures, seed);
  }

  /** W, in × out: a live view. Read it again after any allocation; see `Tensor`. */
  get weight(): ArrayOf<D> {
    Affine.#checkUsable(this, "weight");
    return this.#passes.parameters.weight.data;
  }

  /** b, out values: a live view; null without a bias. */
  get bias(): ArrayOf<D> | null {
    Affine.#checkUsable(this, "bias");
    return this.#passes.parameters.bias?.data ?? null;
  }

  /** dW of the last `backward`, in × out: a live view; zeros before. */
  get dWeight(): ArrayOf<D> {
    Affine.#checkUsable(this, "dWeight");
    return this.#passes.gradientsFor("dWeight").weight.data;
  }

  /** db of the last `backward`, out values: a live view; zeros before; null without a bias. */
  get dBias(): ArrayOf<D> | null {
    Affine.#checkUsable(this, "dBias");
    return this.#passes.gradientsFor("dBias").bias?.data ?? null;
  }

  /**
   * `Y = act(X·W + b)`, b added to every row.
   *
   * @param x batch × in values. If it lies in the module's memory (a `Tensor`'s data) it is not copied: it must stay as
   *   it is, and its tensor undisposed, until `backward`.
   * @param out where to put Y (batch × out), which is returned; default: a new array. With ReLU, the same holds as for x.
   * @throws TypeError or RangeError for a wrong array or length, an `out` that overlaps an operand, or no memory left;
   *   ReferenceError for a view of a disposed tensor
   */
  forward(x: ArrayOf<D>, out?: ArrayOf<D>): ArrayOf<D> {
    Affine.#checkUsable(this, "forward");
    return this.#passes.forward(x, out);
  }

  /**
   * The gradients of the last `forward`: `dX = dY·Wᵀ`, `dW = Xᵀ·dY`, `db = Σ_s dY_s`. With ReLU, dY first loses the
   * elements whose output was not positive. dW and db go to `dWeight` and `dBias`; with `accumulate`, a batch taken in
   * parts gives the same bits as the whole.
   *
   * @param dy the gradient of the loss with respect to Y, batch × out: divide by the batch for a mean over it
   * @returns dX, batch × in; null with `inputGradient: false`
   * @throws Error before any `forward`; TypeError or RangeError as `forward`
   */
  backward(dy: ArrayOf<D>, options: BackwardOptions<D> & { inputGradient: false }): null;
  backward(dy: ArrayOf<D>, options?: BackwardOptions<D> & { inputGradient?: true | undefined }): ArrayOf<D>;
  backward(dy: ArrayOf<D>, options?: BackwardOptions<D>): ArrayOf<D> | null;
  backward(dy: ArrayOf<D>, options?: BackwardOptions<D>): ArrayOf<D> | null {
    const { inputGradient = true, accumulate = false, out } = backwardOptions(options);
    checkBackwardOptions(inputGradient, accumulate, out);
    Affine.#checkUsable(this, "backward"); // not before: reading the options may have run anything
    return this.#passes.backward(dy, inputGradient, accumulate, out);
  }

  /**
   * One step of gradient descent: `W -= rate·dW`, `b -= rate·db`.
   * @throws Error if there is no gradient yet; TypeError, RangeError if `rate` is no finite number of the element type
   */
  step(rate: number): void {
    Affine.#checkUsable(this, "step");
    checkFinite("step", "rate", rate, this.dtype);
    const { backend, parameters, gradients } = this.#passes;
    if (!gradients) throw new Error("step: call backward first");
    // Called where it is looked up: V8 may box the rate for a kernel that is handed on to another function.
    const { axpy } = backend.kernels[this.dtype];
    const { weight, bias } = parameters;
    axpy(weight.length, -rate, gradients.weight.pointer, weight.pointer);
    if (bias && gradients.bias) axpy(bias.length, -rate, gradients.bias.pointer, bias.pointer);
  }

  /** Returns all memory of the layer. A second call does nothing. `using layer = new Affine(…)` calls it by itself. */
  dispose(): void {
    if (!(#disposed in this)) throw notOwn("dispose", "the layer", this, Affine, "an Affine");
    if (this.#disposed) return;
    this.#disposed = true;
    this.#passes.dispose();
  }

  /** @internal */
  get [KIND](): string {
    return "Affine";
  }

  /** @internal Vue leaves it as it is. */
  get __v_skip(): boolean {
    return true;
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  static {
    partsOfAffine = (layer) => (#passes in layer ? layer.#passes : undefined);
  }

  static #checkUsable(layer: object, caller: string): void {
    if (!(#disposed in layer)) throw notOwn(caller, "the layer", layer, Affine, "an Affine");
    if (layer.#disposed) throw new ReferenceError(`${caller}: the layer is used after dispose()`);
  }
}
