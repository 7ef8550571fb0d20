/** `forward` and `backward` over plain typed arrays: no layer, no state. */

import { readArray, readFloatArray } from "../common/arrays.js";
import { checkFields, checkMatrix, checkObject, checkVector, checkWhole } from "../common/check.js";
import { type DType, dtypeOf, elementBytes, type FloatArray } from "../common/dtype.js";
import { backendInUse } from "../engine/start.js";
import { NONE } from "../kernels/abi.js";
import { copyOut, locateOwned, resultArray, Temporary } from "../memory/staging.js";
import { checkBackwardOverlap, checkForwardOverlap, type Names, overlap } from "./overlap.js";
import { backwardPass, emptyPass, forwardPass, type Operand, type Shape } from "./passes.js";

/** The operands of `forward`, all of one element type. */
export interface ForwardOperands<A extends FloatArray> {
  /** X, batch × inFeatures, row-major. */
  readonly x: A;
  /** W, inFeatures × outFeatures, row-major. */
  readonly weight: A;
  /** b, outFeatures values; none if left out. */
  readonly bias?: A | null | undefined;
}

/** The operands of `backward`, all of one element type. */
export interface BackwardOperands<A extends FloatArray> {
  /** X as given to `forward`, batch × inFeatures. */
  readonly x: A;
  /** W, inFeatures × outFeatures. */
  readonly weight: A;
  /** The gradient of the loss with respect to Y, batch × outFeatures. */
  readonly dy: A;
}

/** The gradients of the loss with respect to X, W and b, in their shapes. */
export interface Gradients<A extends FloatArray> {
  dx: A;
  dWeight: A;
  dBias: A;
}

const NAMES: Names = {
  x: "x",
  weight: "weight",
  bias: "bias",
  y: "out",
  dy: "dy",
  dx: "out.dx",
  dWeight: "out.dWeight",
  dBias: "out.dBias",
};

/**
 * `Y = X·W + b`, b added to every row. No activation: that is the layer's.
 *
 * @param out where to put Y (batch × outFeatures); default: a new array
 * @returns Y
 * @throws TypeError for an argument of the wrong kind, RangeError for a wrong length or size, an `out` in the module's
 *   memory that overlaps an operand, or no memory left, ReferenceError for a view of a disposed tensor. Nothing has been
 *   written then.
 */
export function forward<A extends FloatArray>(operands: ForwardOperands<A>, shape: Shape, out?: A): A {
  // All that is the caller's is read here, once; from the next line on, no code but the library's runs.
  const { given, sizes, dtype, weight } = readOperands("forward", operands, shape, ["x", "weight", "bias"]);
  const { batch, inFeatures, outFeatures } = sizes;
  const x = readArray("forward", "x", given.x, dtype);
  checkMatrix("forward", "x", x, "batch", batch, "inFeatures", inFeatures);
  const bias = given.bias === undefined || given.bias === null ? null : readArray("forward", "bias", given.bias, dtype);
  if (bias) checkVector("forward", "bias", bias, "outFeatures", outFeatures);
  const output = out === undefined ? undefined : readArray("forward", "out", out, dtype);
  if (output) checkMatrix("forward", "out", output, "batch", batch, "outFeatures", outFeatures);

  const backend = backendInUse();
  const heap = backend.heap;
  const at = {
    ...emptyPass(sizes),
    x: locateOwned("forward", "x", heap, x),
    weight: locateOwned("forward", "weight", heap, weight),
    bias: bias ? locateOwned("forward", "bias", heap, bias) : NONE,
    y: output ? locateOwned("forward", "out", heap, output) : NONE,
  };
  checkForwardOverlap(NAMES, at, elementBytes(dtype));
  const length = batch * outFeatures;
  const y = resultArray("forward", dtype, length, output);
  const temporary = new Temporary(heap, dtype, "forward");
  try {
    const used = {
      ...at,
      y: at.y || temporary.block(length),
      x: at.x || temporary.copyOf(x),
      weight: at.weight || temporary.copyOf(weight),
      bias: bias ? at.bias || temporary.copyOf(bias) : NONE,
    };
    forwardPass(backend, dtype, used, false);
    return copyOut(heap, dtype, used.y, length, y, at.y, out) as A;
  } finally {
    temporary.release();
  }
}

/**
 * The gradients of an affine layer: `dX = dY·Wᵀ`, `dW = Xᵀ·dY`, `db = Σ_s dY_s` (the column sums of dY).
 *
 * @param out where to put them, each optional: `{ dx, dWeight, dBias }`; default: new arrays
 * @throws as `forward`; RangeError if two of `out` overlap
 */
export function backward<A extends FloatArray>(
  operands: BackwardOperands<A>,
  shape: Shape,
  out: Partial<Gradients<A>> = {},
): Gradients<A> {
  checkFields("backward", "out", out, ["dx", "dWeight", "dBias"]);
  const outputs = { dx: out.dx, dWeight: out.dWeight, dBias: out.dBias };
  // All that is the caller's is read here, once; from the next line on, no code but the library's runs.
  const { given, sizes, dtype, weight } = readOperands("backward", operands, shape, ["x", "weight", "dy"]);
  const { batch, inFeatures, outFeatures } = sizes;
  const x = readArray("backward", "x", given.x, dtype);
  checkMatrix("backward", "x", x, "batch", batch, "inFeatures", inFeatures);
  const dy = readArray("backward", "dy", given.dy, dtype);
  checkMatrix("backward", "dy", dy, "batch", batch, "outFeatures", outFeatures);
  const { dx, dWeight, dBias } = readOutputs(outputs, dtype);
  if (dx) checkMatrix("backward", "out.dx", dx, "batch", batch, "inFeatures", inFeatures);
  if (dWeight) checkMatrix("backward", "out.dWeight", dWeight, "inFeatures", inFeatures, "outFeatures", outFeatures);
  if (dBias) checkVector("backward", "out.dBias", dBias, "outFeatures", outFeatures);
  checkOutputsApart({ dx, dWeight, dBias });

  const backend = backendInUse();
  const heap = backend.heap;
  const place = (name: Operand, array: FloatArray | undefined) =>
    array === undefined ? NONE : locateOwned("backward", NAMES[name], heap, array);
  const at = {
    ...emptyPass(sizes),
    x: place("x", x),
    weight: place("weight", weight),
    dy: place("dy", dy),
    dx: place("dx", dx),
    dWeight: place("dWeight", dWeight),
    dBias: place("dBias", dBias),
  };
  checkBackwardOverlap(NAMES, at, elementBytes(dtype), false);
  // Not the lengths of the arrays: what is allocated below may grow the memory, which detaches views of it.
  const lengths = { dx: batch * inFeatures, dWeight: inFeatures * outFeatures, dBias: outFeatures };
  const results = {
    dx: resultArray("backward", dtype, lengths.dx, dx),
    dWeight: resultArray("backward", dtype, lengths.dWeight, dWeight),
    dBias: resultArray("backward", dtype, lengths.dBias, dBias),
  };
  const temporary = new Temporary(heap, dtype, "backward");
  try {
    const used = {
      ...at,
      dx: at.dx || temporary.block(lengths.dx),
      dWeight: at.dWeight || temporary.block(lengths.dWeight),
      dBias: at.dBias || temporary.block(lengths.dBias),
      x: at.x || temporary.copyOf(x),
      weight: at.weight || temporary.copyOf(weight),
      dy: at.dy || temporary.copyOf(dy),
    };
    backwardPass(backend, dtype, used, false);
    const result = (name: keyof Gradients<A>) =>
      copyOut(heap, dtype, used[name], lengths[name], results[name], at[name], outputs[name]) as A;
    return { dx: result("dx"), dWeight: result("dWeight"), dBias: result("dBias") };
  } finally {
    temporary.release();
  }
}

/** Reads the fields of operands and shape, each once, and the element type off the weight. */
function readOperands<O extends object>(caller: string, operands: O, shape: Shape, names: readonly (keyof O)[]) {
  checkObject(caller, "operands", operands);
  checkObject(caller, "shape", shape);
  const { batch, inFeatures, outFeatures } = shape;
  const given = Object.fromEntries(names.map((name) => [name, operands[name]])) as Record<keyof O | "weight", unknown>;
  checkWhole(caller, "batch", batch);
  checkWhole(caller, "inFeatures", inFeatures);
  checkWhole(caller, "outFeatures", outFeatures);
  const weight = readFloatArray(caller, "weight", given.weight);
  checkMatrix(caller, "weight", weight, "inFeatures", inFeatures, "outFeatures", outFeatures);
  return { given, sizes: { batch, inFeatures, outFeatures }, dtype: dtypeOf(weight), weight };
}

/** Views of the arrays that were given to put gradients in. */
function readOutputs(outputs: Record<keyof Gradients<FloatArray>, unknown>, dtype: DType) {
  const read = (name: keyof typeof outputs) =>
    outputs[name] === undefined ? undefined : readArray("backward", `out.${name}`, outputs[name], dtype);
  return { dx: read("dx"), dWeight: read("dWeight"), dBias: read("dBias") };
}

/** Refuses outputs that share memory, of the caller's own too: the one written last would win. */
function checkOutputsApart(outputs: Record<string, FloatArray | undefined>): void {
  const given = Object.entries(outputs).filter((entry): entry is [string, FloatArray] => entry[1] !== undefined);
  for (const [i, [name, a]] of given.entries()) {
    for (const [other, b] of given.slice(i + 1)) {
      if (a.buffer === b.buffer && overlap(a.byteOffset, a.byteLength, b.byteOffset, b.byteLength))
        throw new RangeError(`backward: out.${name} overlaps out.${other} in memory`);
    }
  }
}
