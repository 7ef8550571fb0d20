/**
 * Argument validators. Each names the function, the argument, what was expected and what came, and throws before anything
 * is written: `TypeError` for the wrong kind of value, `RangeError` for a wrong value of the right kind.
 */
import type { DType, FloatArray } from "./dtype.js";

/** What `value` is, in a word or two: "an Array", "a string", "null". */
export function kindOf(value: unknown): string {
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

export function checkNumber(caller: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== "number") throw new TypeError(`${caller}: ${name} must be a number, got ${kindOf(value)}`);
}

/** A whole number from 0 to `limit`; by default a size of a matrix, which the kernels count in 31 bits. */
export function checkWhole(caller: string, name: string, value: unknown, limit = 2 ** 31 - 1): asserts value is number {
  checkNumber(caller, name, value);
  if (!(Number.isInteger(value) && value >= 0 && value <= limit)) {
    throw new RangeError(`${caller}: ${name} must be a whole number from 0 to ${limit}, got ${value}`);
  }
}

/** A seed of `random.ts`. */
export function checkSeed(caller: string, name: string, value: unknown): asserts value is number {
  checkWhole(caller, name, value, 2 ** 32 - 1);
}

/** A number that is finite in the element type, too. */
export function checkFinite(caller: string, name: string, value: unknown, dtype: DType): asserts value is number {
  checkNumber(caller, name, value);
  if (!Number.isFinite(dtype === "float32" ? Math.fround(value) : value)) {
    throw new RangeError(`${caller}: ${name} must be finite in ${dtype}, got ${value}`);
  }
}

/** A number of things of which there must be one. */
export function checkCount(caller: string, name: string, value: unknown, most?: number): asserts value is number {
  checkNumber(caller, name, value);
  if (value === 0) throw new RangeError(`${caller}: ${name} must be at least 1, got 0`);
  checkWhole(caller, name, value, most);
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

/** As many values as a matrix has. */
export function checkMatrix(
  caller: string,
  name: string,
  array: FloatArray,
  rowsName: string,
  rows: number,
  columnsName: string,
  columns: number,
): void {
  if (array.length !== rows * columns) {
    const shape = `${rowsName} ${rows} × ${columnsName} ${columns}`;
    throw new RangeError(`${caller}: ${name} has ${array.length} values, expected ${rows * columns} = ${shape}`);
  }
}

/** As many values as a vector has. */
export function checkVector(caller: string, name: string, array: FloatArray, lengthName: string, length: number): void {
  if (array.length !== length) {
    throw new RangeError(`${caller}: ${name} has ${array.length} values, expected ${length} = ${lengthName}`);
  }
}

/** A length that some number of whole rows has. */
export function checkMultiple(caller: string, name: string, array: FloatArray, row: number, rowName: string): void {
  if (row === 0 ? array.length !== 0 : array.length % row !== 0) {
    throw new RangeError(`${caller}: ${name} has ${array.length} values, not a multiple of ${rowName} ${row}`);
  }
}
