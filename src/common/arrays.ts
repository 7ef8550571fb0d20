/** Arrays from outside, as the library goes on with them. */
import { kindOf } from "./check.js";
import { ARRAYS, type ArrayOf, type DType, type FloatArray } from "./dtype.js";
import { keptView, plainView, typedArrayName } from "./realm.js";

/**
 * A live typed array of the element type `dtype`, of any realm: a view of the same elements by this realm's own class, in
 * which no subclass has a say. From here on only the view is used.
 *
 * @param kept a buffer in which arrays are read again and again: the view is then made once, and nobody else may have it
 */
export function readArray<D extends DType>(
  caller: string,
  name: string,
  value: unknown,
  dtype: D,
  kept?: ArrayBufferLike,
): ArrayOf<D> {
  const wanted = ARRAYS[dtype].name as "Float32Array" | "Float64Array";
  const view = kept === undefined ? plainView(value, wanted) : keptView(value, wanted, kept);
  return (view ?? notThere(caller, name, value, `a ${wanted}`, wanted)) as ArrayOf<D>;
}

/** As `readArray`, for any supported element type. */
export function readFloatArray(caller: string, name: string, value: unknown): FloatArray {
  const found = typedArrayName(value);
  const view = found === "Float32Array" || found === "Float64Array" ? plainView(value, found) : undefined;
  return view ?? notThere(caller, name, value, "a Float32Array or a Float64Array", "Float32Array", "Float64Array");
}

/** Tells a value of another kind from an array whose bytes are gone. */
function notThere(caller: string, name: string, value: unknown, wanted: string, ...names: string[]): never {
  if (!names.includes(typedArrayName(value) ?? "")) {
    throw new TypeError(`${caller}: ${name} must be ${wanted}, got ${kindOf(value)}`);
  }
  throw new TypeError(
    `${caller}: ${name} is detached: memory grew, moved or shrank since the view was taken; read the view again, e.g. tensor.data`,
  );
}
