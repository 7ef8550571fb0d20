/** The check of an activation as a user writes it. */

import { kindOf } from "../common/check.js";
import { checkRange } from "../common/checkOptions.js";
import { listed, quoted } from "../common/quoted.js";
import { isPlainObject } from "../common/records.js";
import { ACTIVATION_NAMES, ACTIVATIONS } from "../kernels/nn/activations.js";
import type { LayerActivation } from "./activations.js";

const PLAIN = ["none", ...ACTIVATION_NAMES.filter((name) => ACTIVATIONS[name].parameter?.default !== null)] as const;
const PARAMETRIC = ACTIVATION_NAMES.filter((name) => ACTIVATIONS[name].parameter !== null);

/** All that may be written, for messages. */
const CHOICES = [
  ...PLAIN.map((name) => `"${name}"`),
  ...PARAMETRIC.map((name) => `{ ${name}: ${ACTIVATIONS[name].parameter?.name} }`),
].join(", ");

/** A copy that later writes of the caller's cannot change. */
export function readActivation(caller: string, activation: LayerActivation): LayerActivation {
  if (typeof activation === "string") {
    if (!(PLAIN as readonly string[]).includes(activation)) {
      const remedy =
        (activation as string) === "softmax"
          ? "; losses take what comes before it, and softmax(y, columns) makes probabilities"
          : "";
      throw new RangeError(`${caller}: activation must be one of ${CHOICES}, got ${quoted(activation)}${remedy}`);
    }
    return activation;
  }
  if (!isPlainObject(activation)) {
    throw new TypeError(`${caller}: activation must be one of ${CHOICES}, got ${kindOf(activation)}`);
  }
  const given = Object.entries(activation);
  const [name, parameter] = given[0] ?? [];
  if (given.length !== 1 || !(PARAMETRIC as readonly unknown[]).includes(name)) {
    const got = given.length === 0 ? "no field" : listed(given.map(([each]) => each));
    throw new RangeError(`${caller}: activation must be one of ${CHOICES}, got an object with ${got}`);
  }
  checkRange(caller, `activation.${name}`, parameter);
  // The gradient is computed from the output, whose sign must be that of what it came from, in float32 too.
  if (Math.fround(parameter) === 0 || Math.fround(parameter) === Number.POSITIVE_INFINITY) {
    throw new RangeError(`${caller}: activation.${name} must be above 0 and finite in float32, got ${parameter}`);
  }
  return Object.freeze({ [name as string]: parameter }) as LayerActivation;
}
