/** `forward` and `backward` over plain typed arrays: no layer, no state. */
import { backendInUse } from "./backend.js";
import { checkArray, checkDimension, checkFields, checkFloatArray, checkLength, checkObject } from "./check.js";
import { type ArrayOf, type DType, dtypeOf, type FloatArray } from "./dtype.js";
import { backwardPass, forwardPass, NONE, type Shape } from "./passes.js";
import { checkOverlap, copyOut, type Placed, place, Temporary } from "./staging.js";

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

/**
 * `Y = X·W + Dup_N(b)`, every row of the batch plus the same bias.
 *
 * @param out where to put Y (batch × outFeatures); default: a new array
 * @returns Y
 * @throws TypeError for an argument of the wrong kind, RangeError for a wrong length or size, an `out` in the module's
 *   memory that overlaps an operand, or no memory left. Nothing has been written then.
 */
export function forward<A extends FloatArray>(operands: ForwardOperands<A>, shape: Shape, out?: A): A {
  const dtype = checkOperands("forward", operands, shape);
  const { batch, inFeatures, outFeatures } = shape;
  const backend = backendInUse();
  const heap = backend.heap;
  const argument = argumentsOf("forward", heap, dtype);
  const x = argument("x", operands.x, batch * inFeatures, `batch ${batch} × inFeatures ${inFeatures}`);
  const weight = argument("weight", operands.weight, inFeatures * outFeatures, weightShape(shape));
  const bias = operands.bias ? argument("bias", operands.bias, outFeatures, "outFeatures") : null;
  const length = batch * outFeatures;
  const y = out === undefined ? null : argument("out", out, length, `batch ${batch} × outFeatures ${outFeatures}`);
  if (y) checkOverlap("forward", [y], bias ? [x, weight, bias] : [x, weight]);

  const temporary = new Temporary(heap, dtype);
  try {
    const to = temporary.output(y, length);
    const from = temporary.input(x);
    const start = bias ? temporary.input(bias) : NONE;
    forwardPass(backend, dtype, shape, from, temporary.input(weight), start, to, false);
    return copyOut(heap, dtype, to, length, y) as A;
  } finally {
    temporary.release();
  }
}

/**
 * The gradients of an affine layer: `dX = dY·Wᵀ`, `dW = Xᵀ·dY`, `db = Σ_s dY_s` (the column sums of dY).
 *
 * @param out where to put them, each optional: `{ dx, dWeight, dBias }`; default: new arrays
 * @throws as `forward`
 */
export function backward<A extends FloatArray>(
  operands: BackwardOperands<A>,
  shape: Shape,
  out: Partial<Gradients<A>> = {},
): Gradients<A> {
  const dtype = checkOperands("backward", operands, shape);
  checkFields("backward", "out", out, ["dx", "dWeight", "dBias"]);
  const { batch, inFeatures, outFeatures } = shape;
  const backend = backendInUse();
  const heap = backend.heap;
  const argument = argumentsOf("backward", heap, dtype);
  const xShape = `batch ${batch} × inFeatures ${inFeatures}`;
  const x = argument("x", operands.x, batch * inFeatures, xShape);
  const weight = argument("weight", operands.weight, inFeatures * outFeatures, weightShape(shape));
  const dy = argument("dy", operands.dy, batch * outFeatures, `batch ${batch} × outFeatures ${outFeatures}`);
  const dx = out.dx ? argument("out.dx", out.dx, x.length, xShape) : null;
  const dWeight = out.dWeight ? argument("out.dWeight", out.dWeight, weight.length, weightShape(shape)) : null;
  const dBias = out.dBias ? argument("out.dBias", out.dBias, outFeatures, "outFeatures") : null;
  checkOverlap(
    "backward",
    [dx, dWeight, dBias].filter((placed) => placed !== null),
    [x, weight, dy],
  );

  const temporary = new Temporary(heap, dtype);
  try {
    const toX = temporary.output(dx, x.length);
    const toWeight = temporary.output(dWeight, weight.length);
    const toBias = temporary.output(dBias, outFeatures);
    const from = temporary.input(x);
    const by = temporary.input(weight);
    backwardPass(backend, dtype, shape, from, by, temporary.input(dy), toX, toWeight, toBias, false);
    return {
      dx: copyOut(heap, dtype, toX, x.length, dx) as A,
      dWeight: copyOut(heap, dtype, toWeight, weight.length, dWeight) as A,
      dBias: copyOut(heap, dtype, toBias, outFeatures, dBias) as A,
    };
  } finally {
    temporary.release();
  }
}

/** Checks what comes before the arrays, and reads the element type off the weight. */
function checkOperands(caller: string, operands: { weight: FloatArray }, shape: Shape): DType {
  checkObject(caller, "operands", operands);
  checkObject(caller, "shape", shape);
  checkDimension(caller, "batch", shape.batch);
  checkDimension(caller, "inFeatures", shape.inFeatures);
  checkDimension(caller, "outFeatures", shape.outFeatures);
  checkFloatArray(caller, "weight", operands.weight);
  return dtypeOf(operands.weight);
}

function weightShape({ inFeatures, outFeatures }: Shape): string {
  return `inFeatures ${inFeatures} × outFeatures ${outFeatures}`;
}

/** Checks an array and finds where it lies. */
function argumentsOf<D extends DType>(caller: string, heap: Parameters<typeof place>[0], dtype: D) {
  return (name: string, array: ArrayOf<DType>, length: number, shape: string): Placed => {
    checkArray(caller, name, array, dtype);
    checkLength(caller, name, array, length, shape);
    return place(heap, name, array);
  };
}
