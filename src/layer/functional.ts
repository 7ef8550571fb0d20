/** `forward` and `backward` over plain typed arrays: no layer, no state. */

import { readArray, readFloatArray } from "../common/arrays.js";
import { checkFields, checkMatrix, checkObject, checkVector, checkWhole } from "../common/check.js";
import { dtypeOf, elementBytes, type FloatArray } from "../common/dtype.js";
import { backendInUse } from "../engine/start.js";
import { copyOut, locateOwned, resultArray, Temporary } from "../memory/staging.js";
import { checkBackwardOverlap, checkForwardOverlap, elements, type Names, refuseOverlap } from "./overlap.js";
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

/** The rows and columns of each operand; a vector has no columns. */
const SIZES: Readonly<Record<Operand, readonly [keyof Shape, keyof Shape] | readonly [keyof Shape]>> = {
  x: ["batch", "inFeatures"],
  weight: ["inFeatures", "outFeatures"],
  bias: ["outFeatures"],
  y: ["batch", "outFeatures"],
  dy: ["batch", "outFeatures"],
  dx: ["batch", "inFeatures"],
  dWeight: ["inFeatures", "outFeatures"],
  dBias: ["outFeatures"],
};

/** The operands of the passes: three inputs, the weight first, which tells the element type, then the results. */
const FORWARD: readonly Operand[] = ["weight", "x", "bias", "y"];
const BACKWARD: readonly Operand[] = ["weight", "x", "dy", "dx", "dWeight", "dBias"];
const INPUTS = 3;

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
  return compute("forward", FORWARD, operands, shape, [out])[0] as A;
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
  const results = compute("backward", BACKWARD, operands, shape, [out.dx, out.dWeight, out.dBias]);
  const [dx, dWeight, dBias] = results as [A, A, A];
  return { dx, dWeight, dBias };
}

/**
 * A pass over the fields of `operands`, by its names.
 *
 * @param outs where to put each result; undefined: a new array
 * @returns the results, as given or new
 */
function compute(
  caller: "forward" | "backward",
  names: readonly Operand[],
  operands: { readonly [operand in Operand]?: unknown },
  shape: Shape,
  outs: readonly unknown[],
): FloatArray[] {
  checkObject(caller, "operands", operands);
  checkObject(caller, "shape", shape);
  // All that is the caller's is read here, each field once; from then on, no code but the library's runs.
  const { batch, inFeatures, outFeatures } = shape;
  const given = names.map((name, i) => (i < INPUTS ? operands[name] : outs[i - INPUTS]));
  checkWhole(caller, "batch", batch);
  checkWhole(caller, "inFeatures", inFeatures);
  checkWhole(caller, "outFeatures", outFeatures);
  const at = emptyPass({ batch, inFeatures, outFeatures });
  const dtype = dtypeOf(readFloatArray(caller, "weight", given[0]));
  const arrays = names.map((name, i) => {
    const value = given[i];
    if (value === undefined ? i >= INPUTS || name === "bias" : value === null && name === "bias") return undefined;
    const array = readArray(caller, NAMES[name], value, dtype);
    const { 0: rows, 1: columns } = SIZES[name]; // not as a list, by its iterator: that is slower
    if (columns) checkMatrix(caller, NAMES[name], array, rows, at[rows], columns, at[columns]);
    else checkVector(caller, NAMES[name], array, rows, at[rows]);
    return array;
  });
  checkOutputsApart(names, arrays);

  const backend = backendInUse();
  const { heap } = backend;
  names.forEach((name, i) => {
    const array = arrays[i];
    if (array) at[name] = locateOwned(caller, NAMES[name], heap, array);
  });
  const size = elementBytes(dtype);
  if (names === FORWARD) checkForwardOverlap(NAMES, at, size);
  else checkBackwardOverlap(NAMES, at, size, false);
  // Not the lengths of the arrays: what is allocated below may grow the memory, which detaches views of it.
  const lengths = names.map((name) => elements(at, name));
  const results = outs.map((_, i) => resultArray(caller, dtype, lengths[i + INPUTS] as number, arrays[i + INPUTS]));
  const temporary = new Temporary(heap, dtype, caller);
  try {
    const used = { ...at };
    names.forEach((name, i) => {
      const array = arrays[i];
      if (i >= INPUTS) used[name] ||= temporary.block(lengths[i] as number);
      else if (array) used[name] ||= temporary.copyOf(array);
    });
    (names === FORWARD ? forwardPass : backwardPass)(backend, dtype, used, false);
    return results.map((result, i) => {
      const name = names[i + INPUTS] as Operand;
      return copyOut(heap, dtype, used[name], lengths[i + INPUTS] as number, result, at[name], outs[i] as FloatArray);
    });
  } finally {
    temporary.release();
  }
}

/** Refuses outputs that share memory, of the caller's own too: the one written last would win. */
function checkOutputsApart(names: readonly Operand[], arrays: readonly (FloatArray | undefined)[]): void {
  for (let i = INPUTS; i < names.length; i++) {
    for (let j = i + 1; j < names.length; j++) {
      const a = arrays[i];
      const b = arrays[j];
      if (!a || !b || a.buffer !== b.buffer) continue;
      const [name, other] = [NAMES[names[i] as Operand], NAMES[names[j] as Operand]];
      refuseOverlap("backward", name, a.byteOffset, a.byteLength, other, b.byteOffset, b.byteLength);
    }
  }
}
