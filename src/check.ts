/**
 * Argument validators. Each names the function, the argument, what was expected and what came, and throws before anything
 * is written: `TypeError` for the wrong kind of value, `RangeError` for a wrong value of the right kind.
 */
import { ARRAYS, type DType, type FloatArray } from "./dtype.js";

/** What `value` is, in a word or two: "an Array", "a string", "null". */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "bigint") return `the ${typeof value} ${value}`;
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = ArrayBuffer.isView(value) ? tagOf(value) : (value.constructor?.name ?? "Object");
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

/** The class name of a view, also across realms, where `instanceof` fails. */
function tagOf(view: ArrayBufferView): string {
  return Object.prototype.toString.call(view).slice(8, -1);
}

function checkNumber(caller: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== "number") throw new TypeError(`${caller}: ${name} must be a number, got ${kindOf(value)}`);
}

/** A whole number of at least 0 (a size of a matrix). */
export function checkDimension(caller: string, name: string, value: unknown): asserts value is number {
  checkNumber(caller, name, value);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${caller}: ${name} must be a whole number of at least 0, got ${value}`);
  }
}

export function checkFinite(caller: string, name: string, value: unknown): asserts value is number {
  checkNumber(caller, name, value);
  if (!Number.isFinite(value)) throw new RangeError(`${caller}: ${name} must be finite, got ${value}`);
}

export function checkBoolean(caller: string, name: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw new TypeError(`${caller}: ${name} must be a boolean, got ${kindOf(value)}`);
}

/** An object with named fields, so not an array. */
export function checkObject(caller: string, name: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw new TypeError(`${caller}: ${name} must be an object, got ${kindOf(value)}`);
  }
}

/** An object that has no fields but these: a misspelt option would otherwise be ignored. */
export function checkFields(caller: string, name: string, value: unknown, fields: readonly string[]): void {
  checkObject(caller, name, value);
  for (const field in value) {
    if (!fields.includes(field)) {
      throw new RangeError(`${caller}: ${name} has no "${field}"; there are ${fields.join(", ")}`);
    }
  }
}

/** One of a few strings. */
export function checkChoice<C extends string>(
  caller: string,
  name: string,
  value: unknown,
  choices: readonly C[],
): asserts value is C {
  const list = choices.map((choice) => `"${choice}"`).join(", ");
  if (typeof value !== "string") {
    throw new TypeError(`${caller}: ${name} must be one of ${list}, got ${kindOf(value)}`);
  }
  if (!choices.some((choice) => choice === value)) {
    throw new RangeError(`${caller}: ${name} must be one of ${list}, got "${value}"`);
  }
}

/** A float array of any supported element type. */
export function checkFloatArray(caller: string, name: string, value: unknown): asserts value is FloatArray {
  const tag = ArrayBuffer.isView(value) ? tagOf(value) : "";
  if (tag !== "Float32Array" && tag !== "Float64Array") {
    throw new TypeError(`${caller}: ${name} must be a Float32Array or a Float64Array, got ${kindOf(value)}`);
  }
}

/** A live typed array of the element type `dtype`. */
export function checkArray(caller: string, name: string, value: unknown, dtype: DType): asserts value is FloatArray {
  const wanted = ARRAYS[dtype].name;
  if (!ArrayBuffer.isView(value) || tagOf(value) !== wanted) {
    throw new TypeError(`${caller}: ${name} must be a ${wanted}, got ${kindOf(value)}`);
  }
  if (value.byteLength === 0 && isDetached(value.buffer)) {
    throw new TypeError(
      `${caller}: ${name} is detached: memory grew or moved since the view was taken; read the view again, e.g. tensor.data`,
    );
  }
}

/** Only a detached buffer refuses a view of nothing. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer, 0, 0);
    return false;
  } catch {
    return true;
  }
}

/** A length that a shape asks for; `shape` says how: "batch 2 × outFeatures 3". */
export function checkLength(caller: string, name: string, array: FloatArray, expected: number, shape: string): void {
  if (array.length !== expected) {
    throw new RangeError(`${caller}: ${name} has ${array.length} values, expected ${expected} = ${shape}`);
  }
}

/** A length that some number of whole rows has. */
export function checkMultiple(caller: string, name: string, array: FloatArray, row: number, rowName: string): void {
  if (row === 0 ? array.length !== 0 : array.length % row !== 0) {
    throw new RangeError(`${caller}: ${name} has ${array.length} values, not a multiple of ${rowName} ${row}`);
  }
}
