/** Maps and object literals of any realm, as `realm.ts` looks at typed arrays. */
import { kindOf } from "./check.js";
import { getterOf } from "./realm.js";

const { apply, getPrototypeOf } = Reflect;
const { entries } = Object;
const mapSizeOf = getterOf(Map.prototype, "size");
const { forEach } = Map.prototype;

/** Whether `value` is a Map of any realm; a proxy of one is none. */
export function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  try {
    mapSizeOf(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether `value` is an object literal of any realm, or an object without a prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = getPrototypeOf(value);
  return prototype === null || getPrototypeOf(prototype) === null;
}

/**
 * Keys and values of a Map or of a plain object, each read once. Undefined for any other value: a Set, a class of its own
 * or a proxy of a Map has no fields that could be read, and must not pass for an empty one.
 */
export function entriesOf(value: unknown): [unknown, unknown][] | undefined {
  if (isMap(value)) {
    const found: [unknown, unknown][] = [];
    apply(forEach, value, [(each: unknown, key: unknown) => found.push([key, each])]);
    return found;
  }
  return isPlainObject(value) ? entries(value) : undefined;
}

/**
 * A plain object, of any realm, of texts or the like by name. A Map, or another thing whose fields cannot be read as such, must
 * not pass for an empty one.
 */
export function checkRecord(caller: string, name: string, value: unknown): asserts value is Record<string, unknown> {
  if (isPlainObject(value)) return;
  const remedy = isMap(value) ? "; Object.fromEntries makes one" : "";
  throw new TypeError(`${caller}: ${name} must be a plain object, got ${kindOf(value)}${remedy}`);
}
