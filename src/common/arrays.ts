/** Arrays from outside, as the library goes on with them. */
import { kindOf } from "./check.js";
import { ARRAYS, type ArrayOf, type DType, type FloatArray } from "./dtype.js";
import { type ClassOf, lengthOf, tagOf, viewAs } from "./realm.js";

/** Those of arrays in memory that is `kept`, by the arrays. */
const views = new WeakMap<object, FloatArray>();

/**
 * A live typed array of the element type `dtype`, of any realm: a view of the same elements by this realm's own class, in
 * which no subclass has a say. From here on only the view is used.
 *
 * @param kept a buffer in which arrays are read again and again: a view of it is made once, and returned again while it shows
 *   the same elements, so that a call on arrays that stay leaves no garbage. Nobody else may have it.
 */
export function readArray<D extends DType>(
  caller: string,
  name: string,
  value: unknown,
  dtype: D,
  kept?: ArrayBufferLike,
): ArrayOf<D> {
  const type = ARRAYS[dtype];
  const wanted = type.name;
  const known = kept && views.get(value as object);
  // The class of an array, its buffer, and where it starts there never change; its length is 0 once the bytes are gone.
  if (tagOf(known) === wanted && lengthOf(known) > 0 && lengthOf(known) === lengthOf(value)) return known as ArrayOf<D>;
  const view =
    viewAs(value, type as ClassOf<Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>) ??
    notThere(caller, name, value, `a ${wanted}`, wanted);
  if (view.buffer === kept) views.set(value as object, view);
  return view as ArrayOf<D>;
}

/** As `readArray`, for any supported element type. */
export function readFloatArray(caller: string, name: string, value: unknown): FloatArray {
  const view = viewAs(value, Float32Array) ?? viewAs(value, Float64Array);
  return view ?? notThere(caller, name, value, "a Float32Array or a Float64Array", "Float32Array", "Float64Array");
}

/** Tells a value of another kind from an array whose bytes are gone. */
function notThere(caller: string, name: string, value: unknown, wanted: string, ...names: string[]): never {
  if (!names.includes(tagOf(value) as string)) {
    throw new TypeError(`${caller}: ${name} must be ${wanted}, got ${kindOf(value)}`);
  }
  throw new TypeError(
    `${caller}: ${name} is detached: memory grew, moved or shrank since the view was taken; read the view again, e.g. tensor.data`,
  );
}
