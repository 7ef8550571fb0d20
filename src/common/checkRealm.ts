/** Checks of values that may come from another realm: what passes is this realm's own. */

import { kindOf } from "./check.js";
import { type ClassOf, tagOf, viewAs } from "./realm.js";
import type { TypedArray } from "./typedArrays.js";

/**
 * A typed array of one class and of any realm: a view of the same elements by this realm's class, in which no subclass has a
 * say, to be used from here on.
 * @throws TypeError for any other value, and for an array whose bytes are gone
 */
export function checkView<A extends TypedArray>(caller: string, name: string, value: unknown, type: ClassOf<A>): A {
  const view = viewAs(value, type);
  if (view) return view;
  const kind = type.name;
  if (tagOf(value) !== kind) {
    throw new TypeError(
      `${caller}: ${name} must be ${kind.startsWith("Int") ? "an" : "a"} ${kind}, got ${kindOf(value)}`,
    );
  }
  throw new TypeError(`${caller}: ${name} is detached: its buffer was transferred, or shrank`);
}

/** `checkView` of bytes. */
export function checkBytes(caller: string, name: string, value: unknown): Uint8Array {
  return checkView(caller, name, value, Uint8Array);
}
