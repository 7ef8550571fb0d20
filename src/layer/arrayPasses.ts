/** The passes of a layer on arrays of a caller's: every check, and where each array goes. */
import { readArray } from "../common/arrays.js";
import { checkMatrix, checkMultiple } from "../common/check.js";
import { type ArrayOf, type DType, elementBytes } from "../common/dtype.js";
import type { Backend } from "../engine/backend.js";
import { NONE } from "../kernels/abi.js";
import { Staged } from "../memory/staged.js";
import { checkOwned, locateOwned, resultArray } from "../memory/staging.js";
import { BACKWARD_NAMES, checkBackwardOverlap, checkForwardOverlap, FORWARD_NAMES } from "./overlap.js";
import { backwardPass, batchOfNothing, emptyPass, forwardPass, type Shape } from "./passes.js";
import { WeightAndBias } from "./weightAndBias.js";

/**
 * `forward` and `backward` of a layer that lives. A call with the arrays of the one before is known to pass all checks as
 * long as nothing of memory changed hands, so that it only computes.
 */
export class ArrayPasses<D extends DType> {
  readonly backend: Backend;
  readonly parameters: WeightAndBias<D>;
  /** Null before there are any. */
  gradients: WeightAndBias<D> | null = null;
  readonly #dtype: D;
  readonly #rectify: boolean;
  /** The arrays of the last calls. The buffer of x holds copies of x and Y, that of dy of dy and dX. */
  readonly #x: Staged<D>;
  readonly #y: Staged<D>;
  readonly #dy: Staged<D>;
  readonly #dx: Staged<D>;
  /** The last `forward`, which `backward` completes; its batch is -1 before the first. */
  #last: ReturnType<typeof emptyPass>;
  /** Where the next one is prepared: a call that fails leaves the last as it was. */
  #next: ReturnType<typeof emptyPass>;

  /** @throws RangeError if memory runs out */
  constructor(backend: Backend, sizes: Omit<Shape, "batch">, dtype: D, rectify: boolean, bias: boolean) {
    this.backend = backend;
    this.parameters = new WeightAndBias("Affine", backend.heap, sizes, dtype, bias);
    this.#dtype = dtype;
    this.#rectify = rectify;
    const staged = () => new Staged(backend.heap, dtype);
    [this.#x, this.#y, this.#dy, this.#dx] = [staged(), staged(), staged(), staged()];
    const pass = () => Object.assign(emptyPass({ ...sizes, batch: -1 }), this.parameters.pointers());
    [this.#last, this.#next] = [pass(), pass()];
  }

  /** @throws RangeError in the name of `caller`, if they are not there yet and memory runs out */
  gradientsFor(caller: string): WeightAndBias<D> {
    const { bias } = this.parameters;
    this.gradients ??= new WeightAndBias(caller, this.backend.heap, this.#last, this.#dtype, bias !== null);
    return this.gradients;
  }

  forward(x: ArrayOf<D>, out: ArrayOf<D> | undefined): ArrayOf<D> {
    let y: ArrayOf<D>;
    if (this.#x.is(x) && this.#y.is(out)) {
      const { batch, outFeatures } = this.#last;
      y = resultArray("forward", this.#dtype, batch * outFeatures, this.#y.view);
      this.#x.copyIn(this.#last.x);
    } else y = this.#prepareForward(x, out);
    const pass = this.#last;
    forwardPass(this.backend, this.#dtype, pass, this.#rectify);
    return this.#y.copyOut(pass.y, pass.batch * pass.outFeatures, y, out);
  }

  /** Checks the arrays, copies x, and makes it the last forward: it only has to be computed. */
  #prepareForward(x: ArrayOf<D>, out: ArrayOf<D> | undefined): ArrayOf<D> {
    const dtype = this.#dtype;
    const { heap } = this.backend;
    const pass = this.#next;
    const { inFeatures, outFeatures } = pass;
    const input = readArray("forward", "x", x, dtype, heap.buffer);
    checkMultiple("forward", "x", input, inFeatures, "inFeatures");
    const output = out === undefined ? null : readArray("forward", "out", out, dtype, heap.buffer);
    const batch = inFeatures > 0 ? input.length / inFeatures : batchOfNothing(output, outFeatures);
    const length = batch * outFeatures;
    if (output) checkMatrix("forward", "out", output, "batch", batch, "outFeatures", outFeatures);
    const xPlace = locateOwned("forward", "x", heap, input);
    const outPlace = output ? locateOwned("forward", "out", heap, output) : NONE;
    pass.batch = batch;
    pass.x = xPlace;
    pass.y = outPlace;
    const size = elementBytes(dtype);
    checkForwardOverlap(FORWARD_NAMES, pass, size);
    const y = resultArray("forward", dtype, length, output);
    const copied = xPlace === NONE ? lines(input.length) : 0;
    this.#x.reserve("forward", copied + (outPlace === NONE ? length : 0));
    // Nothing can fail from here on.
    this.#next = this.#last;
    this.#last = pass;
    pass.x = xPlace || this.#x.buffer;
    pass.y = outPlace || this.#x.buffer + copied * size;
    this.#x.remember(x, input, xPlace);
    this.#y.remember(out, output, outPlace);
    this.#dy.since = -1;
    this.#x.copyIn(pass.x, input);
    return y;
  }

  backward(
    dy: ArrayOf<D>,
    inputGradient: boolean,
    accumulate: boolean,
    out: ArrayOf<D> | undefined,
  ): ArrayOf<D> | null {
    const pass = this.#last;
    let dx: ArrayOf<D> | null = null;
    if (this.#dy.is(dy) && this.#dx.is(out) && (pass.dx !== NONE) === inputGradient) {
      if (inputGradient) dx = resultArray("backward", this.#dtype, pass.batch * pass.inFeatures, this.#dx.view);
      this.#dy.copyIn(pass.dy);
    } else dx = this.#prepareBackward(dy, inputGradient, out);
    if (this.#rectify) {
      const { maskGradient } = this.backend.kernels[this.#dtype];
      maskGradient(pass.batch * pass.outFeatures, pass.y, this.#dy.place || pass.dy, pass.dy);
    }
    backwardPass(this.backend, this.#dtype, pass, accumulate);
    return dx && this.#dx.copyOut(pass.dx, pass.batch * pass.inFeatures, dx, out);
  }

  /** Checks the arrays against those of the last forward, and copies dy. */
  #prepareBackward(dy: ArrayOf<D>, inputGradient: boolean, out: ArrayOf<D> | undefined): ArrayOf<D> | null {
    this.#dy.since = -1;
    const pass = this.#last;
    const { batch, inFeatures, outFeatures } = pass;
    if (batch < 0) throw new Error("backward: call forward first");
    const dtype = this.#dtype;
    const { heap } = this.backend;
    const given = readArray("backward", "dy", dy, dtype, heap.buffer);
    checkMatrix("backward", "dy", given, "batch", batch, "outFeatures", outFeatures);
    const output = out === undefined ? null : readArray("backward", "out", out, dtype, heap.buffer);
    if (output) checkMatrix("backward", "out", output, "batch", batch, "inFeatures", inFeatures);

    const size = elementBytes(dtype);
    const dyLength = batch * outFeatures;
    const length = batch * inFeatures;
    checkOwned("backward", BACKWARD_NAMES.x, heap, pass.x, length * size, this.#x.since);
    if (this.#rectify) checkOwned("backward", BACKWARD_NAMES.y, heap, pass.y, dyLength * size, this.#x.since);
    const dyPlace = locateOwned("backward", "dy", heap, given);
    const outPlace = output ? locateOwned("backward", "out", heap, output) : NONE;
    pass.dWeight = this.gradients?.weight.pointer ?? NONE;
    pass.dBias = this.gradients?.bias?.pointer ?? NONE;
    pass.dy = dyPlace;
    pass.dx = outPlace;
    checkBackwardOverlap(BACKWARD_NAMES, pass, size, this.#rectify);
    const dx = inputGradient ? resultArray("backward", dtype, length, output) : null;
    const copied = dyPlace === NONE || this.#rectify ? lines(dyLength) : 0;
    const had = this.gradients;
    const { weight, bias } = this.gradientsFor("backward");
    try {
      this.#dy.reserve("backward", copied + (dx && outPlace === NONE ? length : 0));
    } catch (error) {
      if (!had) this.gradients?.dispose(); // zeros, which `step` would take for gradients
      this.gradients = had;
      throw error;
    }
    // Nothing can fail from here on.
    pass.dWeight = weight.pointer;
    pass.dBias = bias?.pointer ?? NONE;
    if (copied) pass.dy = this.#dy.buffer;
    if (dx) pass.dx = outPlace || this.#dy.buffer + copied * size;
    this.#dy.remember(dy, given, dyPlace);
    this.#dx.remember(out, output, outPlace);
    this.#dy.copyIn(pass.dy, given);
    return dx;
  }

  dispose(): void {
    this.parameters.dispose();
    this.gradients?.dispose();
    for (const each of [this.#x, this.#y, this.#dy, this.#dx]) each.dispose();
  }
}

/** So many elements in whole cache lines, at least: what comes after them starts on one. */
function lines(length: number): number {
  return Math.ceil(length / 16) * 16;
}
