/** Messages of `importOnnx`: each names the node, its operator, and what would help. */
import type { onnx } from "onnx-proto";
import { quoted } from "../../../common/quoted.js";

export const CALLER = "importOnnx";

/** A file that is broken, or says what no network here can be. */
export function refusal(what: string): RangeError {
  return new RangeError(`${CALLER}: ${what}`);
}

/** A node in a message: by its name, or by its output if it has none. */
export function describe({ name, opType, output }: onnx.INodeProto): string {
  const operator = quoted(opType ?? "").slice(1, -1);
  return name ? `node ${quoted(name)} (${operator})` : `the ${operator} of ${quoted(output?.[0] ?? "")}`;
}

/** A node that is not taken. */
export function refused(node: onnx.INodeProto, why: string, remedy: string): RangeError {
  return refusal(`${describe(node)} ${why}; ${remedy}`);
}

export const TANH_GELU = ["is the tanh approximation of GELU", "export the model with the exact one"] as const;
