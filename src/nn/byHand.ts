/** Forward and backward passes that a user calls one by one. */
import { readArray } from "../common/arrays.js";
import { checkMatrix, checkMultiple } from "../common/check.js";
import { type ArrayOf, type DType, elementBytes } from "../common/dtype.js";
import { NONE, type Pointer } from "../kernels/abi.js";
import { type BackwardOptions, backwardOptions, checkBackwardOptions } from "../layer/options.js";
import { overlap } from "../layer/overlap.js";
import { checkOwned, copyIn, copyOut, locateOwned, resultArray } from "../memory/staging.js";
import { Tensor } from "../memory/tensor.js";
import type { NetworkInternals } from "./internals.js";
import { rememberColumns } from "./outputs.js";

/** `forward` and `backward` of a network, with the room that they need beside that of its chain. */
export class ByHand<D extends DType> {
  readonly #network: NetworkInternals<D>;
  /** Copies of what the caller's own arrays hold: inputs, and the gradient of the inputs. */
  #input: Tensor<D> | null = null;
  #dx: Tensor<D> | null = null;
  /** The last forward, which `backward` completes: its rows, where its inputs lie, and since when. */
  #rows = 0;
  #x: Pointer = NONE;
  #since = 0;
  /** That of the chain after it: another one means that something else went through since. */
  #generation = -1;

  constructor(network: NetworkInternals<D>) {
    this.#network = network;
  }

  forward(x: ArrayOf<D>, out: ArrayOf<D> | undefined): ArrayOf<D> {
    const { runtime, dtype, inFeatures, outFeatures, chain } = this.#network;
    const { heap } = runtime;
    const input = readArray("forward", "x", x, dtype);
    checkMultiple("forward", "x", input, inFeatures, "inFeatures");
    const rows = input.length / inFeatures;
    if (rows === 0) throw new RangeError("forward: x is empty");
    const output = out === undefined ? undefined : readArray("forward", "out", out, dtype);
    if (output) checkMatrix("forward", "out", output, "rows", rows, "outFeatures", outFeatures);
    const xPlace = locateOwned("forward", "x", heap, input);
    const outPlace = output ? locateOwned("forward", "out", heap, output) : NONE;
    const bytes = elementBytes(dtype);
    this.#checkApart("forward", "out", outPlace, rows * outFeatures * bytes, xPlace, input.length * bytes);
    const y = resultArray("forward", dtype, rows * outFeatures, output);
    chain.reserve("forward", rows);
    if (xPlace === NONE) this.#input = this.#grown("forward", this.#input, input.length);
    // Nothing can fail from here on.
    const at = xPlace || (this.#input as Tensor<D>).pointer;
    if (xPlace === NONE) copyIn(heap, dtype, input, at);
    this.#rows = rows;
    this.#x = at;
    const from = chain.forward("forward", at, rows);
    this.#generation = chain.generation;
    this.#since = heap.changes;
    if (outPlace !== NONE) runtime.copyBytes(rows * outFeatures * bytes, from, outPlace);
    const result = copyOut(heap, dtype, from, y.length, y, outPlace, out);
    rememberColumns(result, outFeatures);
    return result;
  }

  backward(dy: ArrayOf<D>, options: BackwardOptions<D> | undefined): ArrayOf<D> | null {
    const { runtime, dtype, inFeatures, outFeatures, chain, parameters } = this.#network;
    const { heap } = runtime;
    const { inputGradient = true, accumulate = false, out } = backwardOptions(options);
    checkBackwardOptions(inputGradient, accumulate, out);
    parameters.checkUsable("backward"); // not before: reading the options may have run anything
    if (this.#generation < 0) throw new Error("backward: call forward first");
    if (this.#generation !== chain.generation) {
      throw new Error("backward: call forward first; a fit has ended what the last one began");
    }
    const rows = this.#rows;
    const given = readArray("backward", "dy", dy, dtype);
    checkMatrix("backward", "dy", given, "batch", rows, "outFeatures", outFeatures);
    const output = out === undefined ? undefined : readArray("backward", "out", out, dtype);
    if (output) checkMatrix("backward", "out", output, "batch", rows, "inFeatures", inFeatures);
    const bytes = elementBytes(dtype);
    const length = rows * inFeatures;
    checkOwned("backward", "the last forward's x", heap, this.#x, length * bytes, this.#since);
    const dyPlace = locateOwned("backward", "dy", heap, given);
    const outPlace = output ? locateOwned("backward", "out", heap, output) : NONE;
    this.#checkApart("backward", "out", outPlace, length * bytes, this.#x, length * bytes);
    this.#checkApart("backward", "dy", dyPlace, given.byteLength, NONE, 0);
    if (outPlace !== NONE && overlap(outPlace, length * bytes, dyPlace, given.byteLength)) {
      throw new RangeError("backward: out overlaps dy in memory");
    }
    const dx = inputGradient ? resultArray("backward", dtype, length, output) : null;
    if (dx && outPlace === NONE) this.#dx = this.#grown("backward", this.#dx, length);
    // Nothing can fail from here on.
    if (dyPlace === NONE) copyIn(heap, dtype, given, chain.dy);
    const to = dx ? outPlace || (this.#dx as Tensor<D>).pointer : NONE;
    chain.backward("backward", dyPlace || chain.dy, to, accumulate);
    return dx && copyOut(heap, dtype, to, length, dx, outPlace, out);
  }

  dispose(): void {
    this.#input?.dispose();
    this.#dx?.dispose();
    this.#input = null;
    this.#dx = null;
  }

  /** @throws RangeError if an array of the caller's shares a byte with x, or with what the passes read or write */
  #checkApart(caller: string, name: string, at: Pointer, bytes: number, x: Pointer, xBytes: number): void {
    if (at === NONE) return;
    const { parameters, dtype } = this.#network;
    if (x !== NONE && overlap(at, bytes, x, xBytes)) throw new RangeError(`${caller}: ${name} overlaps x in memory`);
    const size = parameters.layout.length * elementBytes(dtype);
    if (overlap(at, bytes, parameters.values.pointer, size)) {
      throw new RangeError(`${caller}: ${name} overlaps the network's parameters in memory`);
    }
    if (parameters.hasGradients && overlap(at, bytes, parameters.gradientsFor(caller).pointer, size)) {
      throw new RangeError(`${caller}: ${name} overlaps the network's gradients in memory`);
    }
  }

  /** The tensor, or a longer one instead. */
  #grown(caller: string, tensor: Tensor<D> | null, length: number): Tensor<D> {
    if (tensor && tensor.length >= length) return tensor;
    const { runtime, dtype } = this.#network;
    const grown = new Tensor(runtime.heap, length, dtype, caller);
    tensor?.dispose();
    return grown;
  }
}
