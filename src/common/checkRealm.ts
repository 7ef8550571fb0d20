/** Checks of values that may come from another realm: what passes is this realm's own. */
import { kindOf } from "./check.js";
import { plainView, type TypedArrayName, type TypedArrayOf, typedArrayName } from "./realm.js";

/**
 * A typed array of one class and of any realm: a view of the same elements by this realm's class, in which no subclass has a
 * say, to be used from here on.
 * @throws TypeError for any other value, and for an array whose bytes are gone
 */
export function checkView<N extends TypedArrayName>(
  caller: string,
  name: string,
  value: unknown,
  kind: N,
): TypedArrayOf<N> {
  const view = plainView(value, kind);
  if (view) return view;
  if (typedArrayName(value) !== kind) {
    throw new TypeError(
      `${caller}: ${name} must be ${kind.startsWith("Int") ? "an" : "a"} ${kind}, got ${kindOf(value)}`,
    );
  }
  throw new TypeError(`${caller}: ${name} is detached: its buffer was transferred, or shrank`);
}

/** `checkView` of bytes. */
export function checkBytes(caller: string, name: string, value: unknown): Uint8Array {
  return checkView(caller, name, value, "Uint8Array");
}
