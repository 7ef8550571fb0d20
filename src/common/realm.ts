/**
 * What a value is and what it holds, whatever its realm (an iframe, a `node:vm` context, Jest's jsdom), its class or its
 * own properties say: the specification's own getters and methods, taken when this module starts, look at the slots that
 * only the engine can fill. `instanceof` fails across realms; `subarray`, `slice`, `length` and `constructor` of a
 * subclass are somebody else's code.
 *
 * The rule for callers: a value from outside is turned into a view of this module's once, at entry, and only that view is
 * used from then on.
 */
import type { TypedArray } from "./typedArrays.js";

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

/** A class of typed arrays of this realm's own. */
export interface ClassOf<A extends TypedArray> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): A;
  readonly name: string;
}

/**
 * The elements of a typed array of this class, of any realm or subclass: a view of the same bytes by this realm's own
 * class, as long as the array is now. Undefined for any other value, and for an array whose bytes are gone (`isDead`).
 */
export function viewAs<A extends TypedArray>(value: unknown, type: ClassOf<A>): A | undefined {
  if (tagOf(value) !== type.name || isDead(value as TypedArray)) return undefined;
  return new type(bufferOf(value), byteOffsetOf(value), lengthOf(value));
}
