/** The bytes of typed arrays of any realm, as `realm.ts` looks at them. */
import {
  bufferOf,
  byteOffsetOf,
  getterOf,
  plainView,
  type TypedArray,
  typedArrayName,
  typedArrayPrototype,
} from "./realm.js";

const byteLengthOf = getterOf(typedArrayPrototype, "byteLength") as (value: unknown) => number;

/** `plainView` of a Uint8Array: a Buffer of Node is one, too. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  return plainView(value, "Uint8Array");
}

/** `plainView` of any typed array that is alive; undefined for any other value. */
export function plainViewOf(value: unknown): TypedArray | undefined {
  const name = typedArrayName(value);
  return name && plainView(value, name);
}

/** The bytes in which a typed array keeps its elements. */
export function bytesUnder(array: TypedArray): Uint8Array {
  return new Uint8Array(bufferOf(array), byteOffsetOf(array), byteLengthOf(array));
}
