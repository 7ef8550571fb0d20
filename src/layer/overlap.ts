/**
 * Refuses outputs that share memory with what they are computed from, or with each other: kernels would read what they
 * have just written. Only arrays inside the module's memory can; all others are copied.
 */
import { NONE } from "../kernels/abi.js";
import type { Operand, Pass } from "./passes.js";

/** What the caller knows each operand as, for the message. */
export type Names = Readonly<Record<Operand, string>>;

/** In a forward of the layer. */
export const FORWARD_NAMES: Names = {
  x: "x",
  weight: "the layer's weight",
  bias: "the layer's bias",
  y: "out",
  dy: "dy",
  dx: "out",
  dWeight: "the layer's dWeight",
  dBias: "the layer's dBias",
};
/** In a backward of the layer. */
export const BACKWARD_NAMES: Names = { ...FORWARD_NAMES, x: "the last forward's x", y: "the last forward's y" };

const OPERANDS = ["x", "weight", "bias"] as const;
const GRADIENTS = ["dx", "dWeight", "dBias"] as const;
const UNMASKED = ["dy", "x", "weight", "bias", ...GRADIENTS] as const;
const MASKED = [...UNMASKED, "y"] as const;

/** @throws RangeError if Y shares a byte with X, W or b. `size` is that of an element. */
export function checkForwardOverlap(names: Names, pass: Pass, size: number): void {
  checkApart("forward", names, pass, "y", OPERANDS, size);
}

/** @throws RangeError if a gradient shares a byte with another, or with an operand; with Y, if its mask is needed. */
export function checkBackwardOverlap(names: Names, pass: Pass, size: number, mask: boolean): void {
  for (const gradient of GRADIENTS) checkApart("backward", names, pass, gradient, mask ? MASKED : UNMASKED, size);
}

/** Whether two ranges of bytes share one. An empty range shares none, wherever it starts. */
export function overlap(from: number, bytes: number, otherFrom: number, otherBytes: number): boolean {
  return Math.max(from, otherFrom) < Math.min(from + bytes, otherFrom + otherBytes);
}

function checkApart(
  caller: string,
  names: Names,
  pass: Pass,
  output: Operand,
  others: readonly Operand[],
  size: number,
): void {
  const from = pass[output];
  if (from === NONE) return;
  const bytes = elements(pass, output) * size;
  for (const other of others) {
    const otherFrom = pass[other];
    if (otherFrom === NONE || other === output) continue;
    if (overlap(from, bytes, otherFrom, elements(pass, other) * size)) {
      throw new RangeError(`${caller}: ${names[output]} overlaps ${names[other]} in memory`);
    }
  }
}

/** How many elements an operand has. */
export function elements({ batch, inFeatures, outFeatures }: Pass, operand: Operand): number {
  if (operand === "x" || operand === "dx") return batch * inFeatures;
  if (operand === "y" || operand === "dy") return batch * outFeatures;
  return operand === "bias" || operand === "dBias" ? outFeatures : inFeatures * outFeatures;
}
