/** Forward and backward passes that a user calls one by one. */
import { readArray } from "../common/arrays.js";
import { checkMatrix, checkMultiple } from "../common/check.js";
import { type ArrayOf, type DType, elementBytes } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { type BackwardOptions, backwardOptions, checkBackwardOptions } from "../layer/options.js";
import { checkApart } from "../layer/overlap.js";
import { copyElements, Staged } from "../memory/staged.js";
import { checkOwned, locateOwned, resultArray } from "../memory/staging.js";
import type { NetworkInternals } from "./internals.js";
import { rememberColumns } from "./outputs.js";

/** `forward` and `backward` of a network, with the room that they need beside that of its chain. */
export class ByHand<D extends DType> {
  readonly #network: NetworkInternals<D>;
  /** The arrays of the last calls, which are known to pass all checks as long as nothing of memory changed hands. */
  readonly #x: Staged<D>;
  readonly #y: Staged<D>;
  readonly #dy: Staged<D>;
  readonly #dx: Staged<D>;
  /** The last forward, which `backward` completes: its rows, and where its inputs lie. */
  #rows = 0;
  #from: Pointer = NONE;
  /** Where the last backward put the gradient of the inputs; NONE: it was not wanted. */
  #to: Pointer = NONE;
  /** That of the chain after the last forward: another one means that something else went through since. */
  #generation = -1;

  constructor(network: NetworkInternals<D>) {
    this.#network = network;
    const staged = () => new Staged(network.runtime.heap, network.dtype);
    [this.#x, this.#y, this.#dy, this.#dx] = [staged(), staged(), staged(), staged()];
  }

  forward(x: ArrayOf<D>, out: ArrayOf<D> | undefined): ArrayOf<D> {
    const { dtype, outFeatures, chain } = this.#network;
    let y: ArrayOf<D>;
    let result = out;
    if (this.#x.is(x) && this.#y.is(out)) {
      y = resultArray("forward", dtype, this.#rows * outFeatures, this.#y.view);
      this.#x.copyIn(this.#from);
    } else {
      y = this.#prepareForward(x, out);
      // Memory may have grown, which detaches a view of it; then another is returned.
      if (this.#y.place !== NONE && this.#y.view?.length === 0) result = y;
    }
    const from = chain.forward("forward", this.#from, this.#rows);
    this.#generation = chain.generation;
    copyElements(this.#y.window(from, y.length), y);
    result ??= y;
    rememberColumns(result, outFeatures);
    return result;
  }

  /** Checks the arrays, copies x, and makes it the last forward: it only has to be computed. */
  #prepareForward(x: ArrayOf<D>, out: ArrayOf<D> | undefined): ArrayOf<D> {
    const { runtime, dtype, inFeatures, outFeatures, chain, parameters } = this.#network;
    const { heap } = runtime;
    const input = readArray("forward", "x", x, dtype, heap.buffer);
    checkMultiple("forward", "x", input, inFeatures, "inFeatures");
    const rows = input.length / inFeatures;
    if (rows === 0) throw new RangeError("forward: x is empty");
    const output = out === undefined ? null : readArray("forward", "out", out, dtype, heap.buffer);
    if (output) checkMatrix("forward", "out", output, "rows", rows, "outFeatures", outFeatures);
    const xPlace = locateOwned("forward", "x", heap, input);
    const outPlace = output ? locateOwned("forward", "out", heap, output) : NONE;
    const bytes = elementBytes(dtype);
    const length = rows * outFeatures;
    parameters.checkApart("forward", "x", xPlace, input.length * bytes, true);
    parameters.checkApart("forward", "out", outPlace, length * bytes);
    checkApart("forward", "out", outPlace, length * bytes, "x", xPlace, input.length * bytes);
    const y = resultArray("forward", dtype, length, output);
    chain.reserve("forward", rows);
    if (xPlace === NONE) this.#x.reserve("forward", input.length);
    // Nothing can fail from here on.
    this.#rows = rows;
    this.#from = xPlace || this.#x.buffer;
    this.#x.remember(x, input, xPlace);
    this.#y.remember(out, output, outPlace);
    this.#dy.since = -1;
    this.#x.copyIn(this.#from, input);
    return y.length < length ? heap.view(dtype, outPlace, length) : y;
  }

  backward(dy: ArrayOf<D>, options: BackwardOptions<D> | undefined): ArrayOf<D> | null {
    const { dtype, inFeatures, chain, parameters } = this.#network;
    const { inputGradient = true, accumulate = false, out } = backwardOptions(options);
    checkBackwardOptions(inputGradient, accumulate, out);
    parameters.checkUsable("backward"); // not before: reading the options may have run anything
    if (this.#generation < 0) throw new Error("backward: call forward first");
    if (this.#generation !== chain.generation) {
      throw new Error(
        "backward: call forward first; a fit, or a forward that failed, has ended what the last one began",
      );
    }
    const length = this.#rows * inFeatures;
    let dx: ArrayOf<D> | null = null;
    if (this.#dy.is(dy) && this.#dx.is(out) && (this.#to !== NONE) === inputGradient) {
      if (inputGradient) dx = resultArray("backward", dtype, length, this.#dx.view);
      this.#dy.copyIn(chain.dy);
    } else dx = this.#prepareBackward(dy, inputGradient, out);
    chain.backward("backward", this.#dy.place || chain.dy, this.#to, accumulate);
    return dx && this.#dx.copyOut(this.#to, length, dx, out);
  }

  /** Checks the arrays against those of the last forward, and copies dy. */
  #prepareBackward(dy: ArrayOf<D>, inputGradient: boolean, out: ArrayOf<D> | undefined): ArrayOf<D> | null {
    const { runtime, dtype, inFeatures, outFeatures, chain, parameters } = this.#network;
    const { heap } = runtime;
    const rows = this.#rows;
    const given = readArray("backward", "dy", dy, dtype, heap.buffer);
    checkMatrix("backward", "dy", given, "batch", rows, "outFeatures", outFeatures);
    const output = out === undefined ? null : readArray("backward", "out", out, dtype, heap.buffer);
    if (output) checkMatrix("backward", "out", output, "batch", rows, "inFeatures", inFeatures);
    const bytes = elementBytes(dtype);
    const length = rows * inFeatures;
    checkOwned("backward", "the last forward's x", heap, this.#from, length * bytes, this.#x.since);
    const dyPlace = locateOwned("backward", "dy", heap, given);
    const outPlace = output ? locateOwned("backward", "out", heap, output) : NONE;
    parameters.checkApart("backward", "dy", dyPlace, given.length * bytes);
    parameters.checkApart("backward", "out", outPlace, length * bytes);
    checkApart("backward", "out", outPlace, length * bytes, "x", this.#from, length * bytes);
    checkApart("backward", "out", outPlace, length * bytes, "dy", dyPlace, given.length * bytes);
    const dx = inputGradient ? resultArray("backward", dtype, length, output) : null;
    if (dx && outPlace === NONE) this.#dx.reserve("backward", length);
    // Nothing can fail from here on.
    this.#to = dx ? outPlace || this.#dx.buffer : NONE;
    this.#dy.remember(dy, given, dyPlace);
    this.#dx.remember(out, output, outPlace);
    this.#dy.copyIn(chain.dy, given);
    return dx;
  }

  dispose(): void {
    for (const each of [this.#x, this.#y, this.#dy, this.#dx]) each.dispose();
  }
}
