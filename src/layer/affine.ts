/** The layer: parameters that live in the module's memory, a forward pass, a backward pass, an update. */
import { readArray } from "../common/arrays.js";
import { checkFinite, checkMatrix, checkMultiple, checkWhole } from "../common/check.js";
import { type ArrayOf, type DType, elementBytes } from "../common/dtype.js";
import { fixFields, KIND, notOwn } from "../common/own.js";
import type { Backend } from "../engine/backend.js";
import { backendInUse } from "../engine/start.js";
import { NONE } from "../kernels/abi.js";
import { Buffers, checkOwned, copyIn, copyOut, locateOwned, resultArray } from "../memory/staging.js";
import { disposeSymbol } from "../memory/tensor.js";
import { initialize } from "./initializers.js";
import type { Activation, AffineOptions, BackwardOptions } from "./options.js";
import { backwardOptions, checkBackwardOptions, readOptions } from "./options.js";
import { BACKWARD_NAMES, checkBackwardOverlap, checkForwardOverlap, FORWARD_NAMES } from "./overlap.js";
import { backwardPass, batchOfNothing, emptyPass, forwardPass } from "./passes.js";
import { type AffineParts, WeightAndBias } from "./weightAndBias.js";

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
  readonly #backend: Backend;
  readonly #parameters: WeightAndBias<D>;
  #gradients: WeightAndBias<D> | null = null;
  readonly #buffers: Buffers<D>;
  /** The last `forward`, which `backward` completes; its batch is -1 before the first. */
  #last: ReturnType<typeof emptyPass>;
  /** Where the next one is prepared: a call that fails leaves the last as it was. */
  #next: ReturnType<typeof emptyPass>;
  /** The heap's `changes` at the last `forward`, when the operands were there. */
  #since = 0;
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
    this.#backend = backendInUse();
    this.#buffers = new Buffers(this.#backend.heap, dtype);
    this.#parameters = new WeightAndBias("Affine", this.#backend.heap, this, dtype, bias);
    const shape = { batch: -1, inFeatures, outFeatures };
    this.#last = Object.assign(emptyPass(shape), this.#parameters.pointers());
    this.#next = Object.assign(emptyPass(shape), this.#parameters.pointers());
    initialize(this.#backend, this.#parameters.peek(), initializer, inFeatures, outFeatures, seed);
  }

  /** W, in × out: a live view. Read it again after any allocation; see `Tensor`. */
  get weight(): ArrayOf<D> {
    Affine.#checkUsable(this, "weight");
    return this.#parameters.weight.data;
  }

  /** b, out values: a live view; null without a bias. */
  get bias(): ArrayOf<D> | null {
    Affine.#checkUsable(this, "bias");
    return this.#parameters.bias?.data ?? null;
  }

  /** dW of the last `backward`, in × out: a live view; zeros before. */
  get dWeight(): ArrayOf<D> {
    Affine.#checkUsable(this, "dWeight");
    this.#gradients ??= this.#newGradients("dWeight");
    return this.#gradients.weight.data;
  }

  /** db of the last `backward`, out values: a live view; zeros before; null without a bias. */
  get dBias(): ArrayOf<D> | null {
    Affine.#checkUsable(this, "dBias");
    this.#gradients ??= this.#newGradients("dBias");
    return this.#gradients.bias?.data ?? null;
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
    const { inFeatures, outFeatures, dtype } = this;
    const heap = this.#backend.heap;
    const input = readArray("forward", "x", x, dtype, heap.buffer);
    checkMultiple("forward", "x", input, inFeatures, "inFeatures");
    const output = out === undefined ? undefined : readArray("forward", "out", out, dtype, heap.buffer);
    const batch = inFeatures > 0 ? input.length / inFeatures : batchOfNothing(output, outFeatures);
    const length = batch * outFeatures;
    if (output) checkMatrix("forward", "out", output, "batch", batch, "outFeatures", outFeatures);
    const xPlace = locateOwned("forward", "x", heap, input);
    const outPlace = output ? locateOwned("forward", "out", heap, output) : NONE;
    const pass = this.#next;
    pass.batch = batch;
    pass.x = xPlace;
    pass.y = outPlace;
    checkForwardOverlap(FORWARD_NAMES, pass, elementBytes(dtype));
    const y = resultArray("forward", dtype, length, output);
    this.#buffers.reserve("forward", "x", xPlace === NONE ? input.length : 0, "y", outPlace === NONE ? length : 0);
    // Nothing can fail from here on.
    this.#next = this.#last;
    this.#last = pass;
    this.#since = heap.changes;
    pass.x = xPlace || this.#buffers.at("x");
    pass.y = outPlace || this.#buffers.at("y");
    if (xPlace === NONE) copyIn(heap, dtype, input, pass.x);
    const rectify = this.activation === "relu";
    forwardPass(this.#backend, dtype, pass, rectify);
    const yAt = pass.y;
    if (!rectify) pass.y = NONE; // only the mask of ReLU needs it again
    return copyOut(heap, dtype, yAt, length, y, outPlace, out);
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
    const pass = this.#last;
    const { batch, inFeatures, outFeatures } = pass;
    if (batch < 0) throw new Error("backward: call forward first");
    const { dtype } = this;
    const heap = this.#backend.heap;
    const given = readArray("backward", "dy", dy, dtype, heap.buffer);
    checkMatrix("backward", "dy", given, "batch", batch, "outFeatures", outFeatures);
    const output = out === undefined ? undefined : readArray("backward", "out", out, dtype, heap.buffer);
    if (output) checkMatrix("backward", "out", output, "batch", batch, "inFeatures", inFeatures);

    const size = elementBytes(dtype);
    const dyLength = batch * outFeatures;
    const length = batch * inFeatures;
    checkOwned("backward", BACKWARD_NAMES.x, heap, pass.x, length * size, this.#since);
    if (pass.y !== NONE) checkOwned("backward", BACKWARD_NAMES.y, heap, pass.y, dyLength * size, this.#since);
    const dyPlace = locateOwned("backward", "dy", heap, given);
    const outPlace = output ? locateOwned("backward", "out", heap, output) : NONE;
    pass.dWeight = this.#gradients?.weight.pointer ?? NONE;
    pass.dBias = this.#gradients?.bias?.pointer ?? NONE;
    pass.dy = dyPlace;
    pass.dx = outPlace;
    checkBackwardOverlap(BACKWARD_NAMES, pass, size);
    const dx = inputGradient ? resultArray("backward", dtype, length, output) : null;
    const mask = this.activation === "relu";
    const copied = dyPlace === NONE || mask;
    const gradients = this.#gradients ?? this.#newGradients("backward");
    try {
      this.#buffers.reserve("backward", "dy", copied ? dyLength : 0, "dx", dx && outPlace === NONE ? length : 0);
    } catch (error) {
      if (gradients !== this.#gradients) gradients.dispose(); // zeros, which `step` would take for gradients
      throw error;
    }
    // Nothing can fail from here on.
    this.#gradients = gradients;
    pass.dWeight = gradients.weight.pointer;
    pass.dBias = gradients.bias?.pointer ?? NONE;
    if (copied) pass.dy = this.#buffers.at("dy");
    if (dx) pass.dx = outPlace || this.#buffers.at("dx");
    if (dyPlace === NONE) copyIn(heap, dtype, given, pass.dy);
    if (mask) this.#backend.kernels[dtype].maskGradient(dyLength, pass.y, dyPlace || pass.dy, pass.dy);
    backwardPass(this.#backend, dtype, pass, accumulate);
    return dx && copyOut(heap, dtype, pass.dx, length, dx, outPlace, out);
  }

  /**
   * One step of gradient descent: `W -= rate·dW`, `b -= rate·db`.
   * @throws Error if there is no gradient yet; TypeError, RangeError if `rate` is no finite number of the element type
   */
  step(rate: number): void {
    Affine.#checkUsable(this, "step");
    checkFinite("step", "rate", rate, this.dtype);
    if (!this.#gradients) throw new Error("step: call backward first");
    this.#parameters.add(this.#backend.kernels[this.dtype].axpy, -rate, this.#gradients);
  }

  /** Returns all memory of the layer. A second call does nothing. `using layer = new Affine(…)` calls it by itself. */
  dispose(): void {
    if (!(#disposed in this)) throw notOwn("dispose", "the layer", this, Affine, "an Affine");
    if (this.#disposed) return;
    this.#disposed = true;
    this.#parameters.dispose();
    this.#gradients?.dispose();
    this.#buffers.dispose();
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

  #newGradients(caller: string): WeightAndBias<D> {
    return new WeightAndBias(caller, this.#backend.heap, this, this.dtype, this.#parameters.bias !== null);
  }

  static {
    partsOfAffine = (layer) =>
      #parameters in layer
        ? { backend: layer.#backend, parameters: layer.#parameters, gradients: () => layer.#gradients }
        : undefined;
  }

  static #checkUsable(layer: object, caller: string): void {
    if (!(#disposed in layer)) throw notOwn(caller, "the layer", layer, Affine, "an Affine");
    if (layer.#disposed) throw new ReferenceError(`${caller}: the layer is used after dispose()`);
  }
}
