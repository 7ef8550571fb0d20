/**
 * The library's own objects, as they come in from outside. Their private fields are found in the objects themselves: not in
 * a proxy of one, and not by another copy of the package. The engine's own error for that, "Receiver must be an instance of
 * class anonymous", tells neither.
 *
 * A class with private fields has a getter `[KIND]` with its name, and one `__v_skip` that is true: Vue then leaves its
 * objects as they are. Every public method begins with `if (!(#field in this)) throw notOwn(…)`.
 */
import { kindOf } from "./check.js";

/** By this, the objects of every copy of the package say what they are. */
export const KIND: unique symbol = Symbol.for("affine-wasm.kind") as never;

/** What an object of any copy of the package, or a proxy of one, says it is. */
export function ownKind(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as { [KIND]?: unknown })[KIND] : undefined;
}

/**
 * The error for a value without the private fields of `ours`: why they are missing, and what to do.
 *
 * @param name what messages call the value: an argument's name, or "the layer" for the object of a method
 * @param expected what it must be, such as "a Sequential"
 */
export function notOwn(
  caller: string,
  name: string,
  value: unknown,
  ours: { readonly prototype: object },
  expected: string,
): TypeError {
  const kind = ownKind(value);
  if (kind === undefined || kind !== ownKind(ours.prototype)) {
    return new TypeError(`${caller}: ${name} must be ${expected}, got ${kindOf(value)}`);
  }
  if (Object.prototype.isPrototypeOf.call(ours.prototype, value as object)) {
    return new TypeError(
      `${caller}: ${name} is a proxy of the ${kind}, which hides its private fields; use the ${kind} itself, and keep it out ` +
        "of reactive state (in Vue by markRaw, in MobX by observable.ref)",
    );
  }
  return new TypeError(
    `${caller}: ${name} is the ${kind} of another copy of affine-wasm; all must come from one copy ("npm ls affine-wasm" lists them)`,
  );
}

/**
 * Gives an object fields that nobody can assign, redefine, or hide in a subclass: what kernels are told follows from them.
 * They are declared in the class, and not set before: engines keep objects fast whose fields start with their attributes.
 */
export function fixFields<T extends object>(object: T, fields: Partial<T>): void {
  for (const [name, value] of Object.entries(fields)) Object.defineProperty(object, name, { value, enumerable: true });
}
