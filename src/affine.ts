/** The layer: parameters that live in the module's memory, a forward pass, a backward pass, an update. */
import type { Pointer } from "./abi.js";
import { type Backend, backendInUse } from "./backend.js";
import {
  checkArray,
  checkBoolean,
  checkDimension,
  checkFields,
  checkFinite,
  checkLength,
  checkMultiple,
} from "./check.js";
import type { ArrayOf, DType } from "./dtype.js";
import { initialize } from "./initializers.js";
import { disposeSymbol, Tensor } from "./memory.js";
import { type Activation, type AffineOptions, BACKWARD_OPTIONS, type BackwardOptions, readOptions } from "./options.js";
import { backwardPass, forwardPass, NONE, type Shape } from "./passes.js";
import { checkOverlap, copyIn, copyOut, type Placed, place } from "./staging.js";

/** What `backward` needs to know of the last `forward`. */
interface LastForward {
  readonly shape: Shape;
  readonly x: Placed;
  readonly y: Placed;
  /** Where x and y lie in the module's memory. */
  readonly xAt: Pointer;
  readonly yAt: Pointer;
}

/**
 * A dense layer, `Y = act(X·W + Dup_N(b))`, and its gradients.
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
 * Every method throws a ReferenceError after `dispose()`. A call that throws has written nothing, and the layer can be
 * used on.
 */
export class Affine<D extends DType = "float32"> {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly dtype: D;
  readonly activation: Activation;
  readonly #backend: Backend;
  readonly #weight: Tensor<D>;
  readonly #bias: Tensor<D> | null;
  #dWeight: Tensor<D> | null = null;
  #dBias: Tensor<D> | null = null;
  /** Buffers of the passes, kept from call to call and made larger when a batch is. */
  readonly #buffers = new Map<BufferName, Tensor<D>>();
  #last: LastForward | null = null;
  #disposed = false;

  /**
   * @param inFeatures columns of X, at least 0
   * @param outFeatures columns of Y, at least 0
   * @throws TypeError, RangeError for bad sizes and options, or if memory runs out
   */
  constructor(inFeatures: number, outFeatures: number, options: AffineOptions<D> = {}) {
    checkDimension("Affine", "inFeatures", inFeatures);
    checkDimension("Affine", "outFeatures", outFeatures);
    const { dtype, activation, bias, initializer, seed } = readOptions(options);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.dtype = dtype;
    this.activation = activation;
    this.#backend = backendInUse();
    this.#weight = new Tensor(this.#backend.heap, inFeatures * outFeatures, this.dtype);
    try {
      this.#bias = bias ? new Tensor(this.#backend.heap, outFeatures, this.dtype) : null;
    } catch (error) {
      this.#weight.dispose();
      throw error;
    }
    initialize(this.#weight.data, initializer, inFeatures, outFeatures, seed);
  }

  /** W, in × out: a live view. Read it again after any allocation; see `Tensor`. */
  get weight(): ArrayOf<D> {
    this.#checkUsable("weight");
    return this.#weight.data;
  }

  /** b, out values: a live view; null without a bias. */
  get bias(): ArrayOf<D> | null {
    this.#checkUsable("bias");
    return this.#bias?.data ?? null;
  }

  /** dW of the last `backward`, in × out: a live view; zeros before. */
  get dWeight(): ArrayOf<D> {
    this.#checkUsable("dWeight");
    this.#dWeight ??= new Tensor(this.#backend.heap, this.#weight.length, this.dtype);
    return this.#dWeight.data;
  }

  /** db of the last `backward`, out values: a live view; zeros before; null without a bias. */
  get dBias(): ArrayOf<D> | null {
    this.#checkUsable("dBias");
    if (!this.#bias) return null;
    this.#dBias ??= new Tensor(this.#backend.heap, this.outFeatures, this.dtype);
    return this.#dBias.data;
  }

  /**
   * `Y = act(X·W + Dup_N(b))`.
   *
   * @param x batch × in values. If it lies in the module's memory (a `Tensor`'s data) it is not copied, and must stay as
   *   it is until `backward`.
   * @param out where to put Y (batch × out); default: a new array. In the module's memory, the same holds for it.
   * @returns Y
   * @throws TypeError or RangeError for a wrong array or length, an `out` that overlaps an operand, or no memory left
   */
  forward(x: ArrayOf<D>, out?: ArrayOf<D>): ArrayOf<D> {
    this.#checkUsable("forward");
    const { inFeatures, outFeatures, dtype } = this;
    const heap = this.#backend.heap;
    checkArray("forward", "x", x, dtype);
    checkMultiple("forward", "x", x, inFeatures, "inFeatures");
    if (out !== undefined) checkArray("forward", "out", out, dtype);
    const batch = inFeatures > 0 ? x.length / inFeatures : batchOfNothing(out, outFeatures);
    const length = batch * outFeatures;
    if (out !== undefined) checkLength("forward", "out", out, length, `batch ${batch} × outFeatures ${outFeatures}`);

    const from = place(heap, "x", x);
    const to = out === undefined ? null : place(heap, "out", out);
    if (to) checkOverlap("forward", [to], [from, ...this.#placed({ weight: this.#weight, bias: this.#bias })]);
    this.#last = null;
    const yAt = to?.at ?? this.#buffer("y", length);
    const xAt = from.at ?? this.#buffer("x", x.length);
    if (from.at === null) copyIn(heap, dtype, x, xAt);
    const shape = { batch, inFeatures, outFeatures };
    const rectify = this.activation === "relu";
    forwardPass(this.#backend, dtype, shape, xAt, this.#weight.pointer, this.#bias?.pointer ?? NONE, yAt, rectify);
    const y = copyOut(heap, dtype, yAt, length, to);
    this.#last = { shape, x: from, y: to ?? place(heap, "y", y), xAt, yAt };
    return y;
  }

  /**
   * The gradients of the last `forward`: `dX = dY·Wᵀ`, `dW = Xᵀ·dY`, `db = Σ_s dY_s`. With ReLU, dY first loses the
   * elements whose output was not positive. dW and db go to `dWeight` and `dBias`; with `accumulate`, a batch taken in
   * parts gives the same bits as the whole.
   *
   * @param dy the gradient of the loss with respect to Y, batch × out
   * @returns dX, batch × in; null with `inputGradient: false`
   * @throws Error before any `forward`; TypeError or RangeError as `forward`
   */
  backward(dy: ArrayOf<D>, options: BackwardOptions<D> & { inputGradient: false }): null;
  backward(dy: ArrayOf<D>, options?: BackwardOptions<D> & { inputGradient?: true | undefined }): ArrayOf<D>;
  backward(dy: ArrayOf<D>, options?: BackwardOptions<D>): ArrayOf<D> | null;
  backward(dy: ArrayOf<D>, options: BackwardOptions<D> = {}): ArrayOf<D> | null {
    this.#checkUsable("backward");
    checkFields("backward", "options", options, BACKWARD_OPTIONS);
    const { inputGradient = true, accumulate = false, out } = options;
    checkBoolean("backward", "inputGradient", inputGradient);
    checkBoolean("backward", "accumulate", accumulate);
    const last = this.#last;
    if (!last) throw new Error("backward: call forward first");
    const { dtype } = this;
    const { batch, inFeatures, outFeatures } = last.shape;
    const heap = this.#backend.heap;
    checkArray("backward", "dy", dy, dtype);
    checkLength("backward", "dy", dy, batch * outFeatures, `batch ${batch} × outFeatures ${outFeatures}`);
    const length = batch * inFeatures;
    if (out !== undefined) {
      checkArray("backward", "out", out, dtype);
      checkLength("backward", "out", out, length, `batch ${batch} × inFeatures ${inFeatures}`);
    }

    const from = place(heap, "dy", dy);
    const to = out === undefined ? null : place(heap, "out", out);
    this.#dWeight ??= new Tensor(heap, this.#weight.length, dtype);
    if (this.#bias) this.#dBias ??= new Tensor(heap, outFeatures, dtype);
    const gradients = this.#placed({ dWeight: this.#dWeight, dBias: this.#dBias });
    const parameters = this.#placed({ weight: this.#weight, bias: this.#bias });
    checkOverlap("backward", to ? [to, ...gradients] : gradients, [from, last.x, last.y, ...parameters]);

    const dx = inputGradient ? (to?.at ?? this.#buffer("dx", length)) : NONE;
    const mask = this.activation === "relu";
    const dyAt = from.at === null || mask ? this.#buffer("dy", dy.length) : from.at;
    if (from.at === null) copyIn(heap, dtype, dy, dyAt);
    if (mask) this.#backend.kernels[dtype].maskGradient(dy.length, last.yAt, from.at ?? dyAt, dyAt);
    const dWeight = this.#dWeight.pointer;
    const dBias = this.#dBias?.pointer ?? NONE;
    const { xAt, shape } = last;
    backwardPass(this.#backend, dtype, shape, xAt, this.#weight.pointer, dyAt, dx, dWeight, dBias, accumulate);
    return inputGradient ? copyOut(heap, dtype, dx, length, to) : null;
  }

  /**
   * One step of gradient descent: `W -= rate·dW`, `b -= rate·db`.
   * @throws Error if there is no gradient yet; TypeError, RangeError if `rate` is no finite number
   */
  step(rate: number): void {
    this.#checkUsable("step");
    checkFinite("step", "rate", rate);
    if (!this.#dWeight) throw new Error("step: call backward first");
    const { axpy } = this.#backend.kernels[this.dtype];
    axpy(this.#weight.length, -rate, this.#dWeight.pointer, this.#weight.pointer);
    if (this.#bias && this.#dBias) axpy(this.outFeatures, -rate, this.#dBias.pointer, this.#bias.pointer);
  }

  /** Returns all memory of the layer. A second call does nothing. `using layer = new Affine(…)` calls it by itself. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#last = null;
    const parameters = [this.#weight, this.#bias, this.#dWeight, this.#dBias];
    for (const tensor of [...parameters, ...this.#buffers.values()]) tensor?.dispose();
    this.#buffers.clear();
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  #checkUsable(caller: string): void {
    if (this.#disposed) throw new ReferenceError(`${caller}: the layer is used after dispose()`);
  }

  /** The pointer of a buffer of at least `length` elements. */
  #buffer(name: BufferName, length: number): Pointer {
    const old = this.#buffers.get(name);
    if (old && old.length >= length) return old.pointer;
    const heap = this.#backend.heap;
    const grown = new Tensor(heap, length, this.dtype);
    old?.dispose();
    this.#buffers.set(name, grown);
    return grown.pointer;
  }

  /** Where the layer's own tensors lie, for the overlap check. */
  #placed(tensors: Record<string, Tensor<D> | null>): Placed[] {
    return Object.entries(tensors).flatMap(([name, tensor]) =>
      tensor ? [place(this.#backend.heap, `the layer's ${name}`, tensor.data)] : [],
    );
  }
}

/** Copies of what the caller's own arrays hold: X and dY on their way in, Y and dX on their way out. */
type BufferName = "x" | "y" | "dy" | "dx";

/** With no columns, X tells nothing of the batch: the output does, or it is one row. */
function batchOfNothing(out: { length: number } | undefined, outFeatures: number): number {
  return out !== undefined && outFeatures > 0 ? Math.floor(out.length / outFeatures) : 1;
}
