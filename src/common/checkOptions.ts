/** Validators of options that only some entries have, apart from those of `check.ts`, which all bring. */
import { checkNumber, kindOf } from "./check.js";

/** A finite number from `least` up to, and without, `limit`. */
export function checkRange(
  caller: string,
  name: string,
  value: unknown,
  least = 0,
  limit = Number.POSITIVE_INFINITY,
): asserts value is number {
  checkNumber(caller, name, value);
  if (!(value >= least && value < limit)) {
    const below = limit === Number.POSITIVE_INFINITY ? "a finite number" : `below ${limit}`;
    throw new RangeError(`${caller}: ${name} must be at least ${least} and ${below}, got ${value}`);
  }
}

/** Undefined, or a function. */
export function checkCallback(caller: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(`${caller}: ${name} must be a function, got ${kindOf(value)}`);
  }
}
