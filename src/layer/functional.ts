/** `forward` and `backward` over plain typed arrays: no layer, no state. */

import {
  checkArray,
  checkFields,
  checkFloatArray,
  checkMatrix,
  checkObject,
  checkVector,
  checkWhole,
} from "../common/check.js";
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
  const { dtype, sizes } = checkOperands("forward", operands, shape);
  const { batch, inFeatures, outFeatures } = sizes;
  const { x, weight, bias } = operands;
  const given = bias !== undefined && bias !== null;
  checkArray("forward", "x", x, dtype);
  checkMatrix("forward", "x", x, "batch", batch, "inFeatures", inFeatures);
  if (given) {
    checkArray("forward", "bias", bias, dtype);
    checkVector("forward", "bias", bias, "outFeatures", outFeatures);
  }
  if (out !== undefined) {
    checkArray("forward", "out", out, dtype);
    checkMatrix("forward", "out", out, "batch", batch, "outFeatures", outFeatures);
  }

  const backend = backendInUse();
  const heap = backend.heap;
  const at = {
    ...emptyPass(sizes),
    x: locateOwned("forward", "x", heap, x),
    weight: locateOwned("forward", "weight", heap, weight),
    bias: given ? locateOwned("forward", "bias", heap, bias) : NONE,
    y: out === undefined ? NONE : locateOwned("forward", "out", heap, out),
  };
  checkForwardOverlap(NAMES, at, elementBytes(dtype));
  const length = batch * outFeatures;
  const y = resultArray("forward", dtype, length, out);
  const temporary = new Temporary(heap, dtype, "forward");
  try {
    const used = {
      ...at,
      y: at.y || temporary.block(length),
      x: at.x || temporary.copyOf(x),
      weight: at.weight || temporary.copyOf(weight),
      bias: given ? at.bias || temporary.copyOf(bias) : NONE,
    };
    forwardPass(backend, dtype, used, false);
    return copyOut(heap, dtype, used.y, length, y, at.y) as A;
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
  const { dtype, sizes } = checkOperands("backward", operands, shape);
  checkFields("backward", "out", out, ["dx", "dWeight", "dBias"]);
  const { batch, inFeatures, outFeatures } = sizes;
  const { x, weight, dy } = operands;
  const { dx, dWeight, dBias } = out;
  checkArray("backward", "x", x, dtype);
  checkMatrix("backward", "x", x, "batch", batch, "inFeatures", inFeatures);
  checkArray("backward", "dy", dy, dtype);
  checkMatrix("backward", "dy", dy, "batch", batch, "outFeatures", outFeatures);
  if (dx !== undefined) {
    checkArray("backward", "out.dx", dx, dtype);
    checkMatrix("backward", "out.dx", dx, "batch", batch, "inFeatures", inFeatures);
  }
  if (dWeight !== undefined) {
    checkArray("backward", "out.dWeight", dWeight, dtype);
    checkMatrix("backward", "out.dWeight", dWeight, "inFeatures", inFeatures, "outFeatures", outFeatures);
  }
  if (dBias !== undefined) {
    checkArray("backward", "out.dBias", dBias, dtype);
    checkVector("backward", "out.dBias", dBias, "outFeatures", outFeatures);
  }
  checkOutputsApart({ dx, dWeight, dBias });

  const backend = backendInUse();
  const heap = backend.heap;
  const place = (name: Operand, array: A | undefined) =>
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
  checkBackwardOverlap(NAMES, at, elementBytes(dtype));
  // Not the lengths of the arrays: what is allocated below may grow the memory, which detaches views of it.
  const lengths = { dx: batch * inFeatures, dWeight: inFeatures * outFeatures, dBias: outFeatures };
  const results = {
    dx: resultArray("backward", dtype, lengths.dx, dx) as A,
    dWeight: resultArray("backward", dtype, lengths.dWeight, dWeight) as A,
    dBias: resultArray("backward", dtype, lengths.dBias, dBias) as A,
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
      copyOut(heap, dtype, used[name], lengths[name], results[name], at[name]) as A;
    return { dx: result("dx"), dWeight: result("dWeight"), dBias: result("dBias") };
  } finally {
    temporary.release();
  }
}

/** Checks what comes before the other arrays, and reads the element type off the weight. */
function checkOperands(caller: string, operands: { weight: FloatArray }, shape: Shape): { dtype: DType; sizes: Shape } {
  checkObject(caller, "operands", operands);
  checkObject(caller, "shape", shape);
  const { batch, inFeatures, outFeatures } = shape;
  checkWhole(caller, "batch", batch);
  checkWhole(caller, "inFeatures", inFeatures);
  checkWhole(caller, "outFeatures", outFeatures);
  const { weight } = operands;
  checkFloatArray(caller, "weight", weight);
  const dtype = dtypeOf(weight);
  checkArray(caller, "weight", weight, dtype);
  checkMatrix(caller, "weight", weight, "inFeatures", inFeatures, "outFeatures", outFeatures);
  return { dtype, sizes: { batch, inFeatures, outFeatures } };
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
