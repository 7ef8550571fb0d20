/** The bytes of typed arrays of any realm, as `realm.ts` looks at them. */
import { bufferOf, byteOffsetOf, type ClassOf, getterOf, tagOf, typedArrayPrototype, viewAs } from "./realm.js";
import { CLASSES, type TypedArray, type TypedArrayName, type TypedArrayOf } from "./typedArrays.js";

const byteLengthOf = getterOf(typedArrayPrototype, "byteLength") as (value: unknown) => number;

/** The class of a typed array, that of its base for a subclass; undefined for any other value, proxies included. */
export function typedArrayName(value: unknown): TypedArrayName | undefined {
  // %TypedArray%'s own getter: the internal name, or undefined for what is no typed array.
  const name = tagOf(value) as string | undefined;
  return name !== undefined && Object.hasOwn(CLASSES, name) ? (name as TypedArrayName) : undefined;
}

/** `viewAs` the class of a name. */
export function plainView<N extends TypedArrayName>(value: unknown, name: N): TypedArrayOf<N> | undefined {
  return viewAs(value, CLASSES[name] as unknown as ClassOf<TypedArrayOf<N>>);
}

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
