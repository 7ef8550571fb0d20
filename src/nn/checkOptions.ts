/** The check of options that must be given. */
import { checkFields, kindOf } from "../common/check.js";

/**
 * An object that has no fields but these.
 * @param example one, in code, for those who gave none, or a number instead
 */
export function checkOptions(caller: string, options: unknown, fields: readonly string[], example: string): void {
  if (Object(options) !== options) {
    throw new TypeError(`${caller}: options must be an object such as ${example}, got ${kindOf(options)}`);
  }
  checkFields(caller, "options", options, fields);
}
