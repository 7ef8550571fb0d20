/**
 * What a value is and what it holds, whatever its realm (an iframe, a `node:vm` context, Jest's jsdom), its class or its
 * own properties say: the specification's own getters and methods, taken when this module starts, look at the slots that
 * only the engine can fill. `instanceof` fails across realms; `subarray`, `slice`, `length` and `constructor` of a
 * subclass are somebody else's code.
 *
 * The rule for callers: a value from outside is turned into a view of this module's once, at entry, and only that view is
 * used from then on.
 */
const CLASSES = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
} as const;

/** The name of a typed array's class. */
export type TypedArrayName = keyof typeof CLASSES;

/** The typed array of a name. */
export type TypedArrayOf<N extends TypedArrayName> = InstanceType<(typeof CLASSES)[N]>;

export type TypedArray = TypedArrayOf<TypedArrayName>;

const { apply, getPrototypeOf } = Reflect;

/**
 * A getter of a built-in prototype as a function of its `this`, to be asked of any value. Bound, not by `apply`: that wants
 * an array of arguments, garbage for each call.
 */
const { bind, call } = Function.prototype;
export function getterOf(prototype: object, key: PropertyKey): (value: unknown) => unknown {
  return apply(bind, call, [Object.getOwnPropertyDescriptor(prototype, key)?.get]);
}

export const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as Uint8Array;
export const tagOf = getterOf(typedArrayPrototype, Symbol.toStringTag);
export const bufferOf = getterOf(typedArrayPrototype, "buffer") as (value: unknown) => ArrayBuffer;
export const byteOffsetOf = getterOf(typedArrayPrototype, "byteOffset") as (value: unknown) => number;
export const lengthOf = getterOf(typedArrayPrototype, "length") as (value: unknown) => number;
const { keys } = typedArrayPrototype;

/** The class of a typed array, that of its base for a subclass; undefined for any other value, proxies included. */
export function typedArrayName(value: unknown): TypedArrayName | undefined {
  // %TypedArray%'s own getter: the internal name, or undefined for what is no typed array.
  const name = tagOf(value) as string | undefined;
  return name !== undefined && Object.hasOwn(CLASSES, name) ? (name as TypedArrayName) : undefined;
}

/** Whether the bytes of a typed array are gone: its buffer was transferred, or is too short for it by now. */
export function isDead(array: TypedArray): boolean {
  if (lengthOf(array) !== 0) return false;
  try {
    apply(keys, array, []);
    return false;
  } catch {
    return true;
  }
}

/**
 * The elements of a typed array of this class, of any realm or subclass: a view of the same bytes by this realm's own
 * class, as long as the array is now. Undefined for any other value, and for an array whose bytes are gone (`isDead`).
 */
export function plainView<N extends TypedArrayName>(value: unknown, name: N): TypedArrayOf<N> | undefined {
  if (tagOf(value) !== name || isDead(value as TypedArray)) return undefined;
  const plain = CLASSES[name] as unknown as new (
    buffer: ArrayBuffer,
    byteOffset: number,
    length: number,
  ) => TypedArrayOf<N>;
  return new plain(bufferOf(value), byteOffsetOf(value), lengthOf(value));
}
