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
  checkOperands("forward", names, pass, "y", OPERANDS, size);
}

/** @throws RangeError if a gradient shares a byte with another, or with an operand; with Y, if its mask is needed. */
export function checkBackwardOverlap(names: Names, pass: Pass, size: number, mask: boolean): void {
  for (const gradient of GRADIENTS) checkOperands("backward", names, pass, gradient, mask ? MASKED : UNMASKED, size);
}

/**
 * An empty range shares no byte, wherever it starts.
 * @throws RangeError if two ranges of bytes share one
 */
export function refuseOverlap(
  caller: string,
  name: string,
  from: number,
  bytes: number,
  otherName: string,
  otherFrom: number,
  otherBytes: number,
): void {
  if (Math.max(from, otherFrom) < Math.min(from + bytes, otherFrom + otherBytes)) {
    throw new RangeError(`${caller}: ${name} overlaps ${otherName} in memory`);
  }
}

/** @throws RangeError if two arrays that both lie in the module's memory, not at NONE, share a byte there */
export function checkApart(...ranges: Parameters<typeof refuseOverlap>): void {
  if (ranges[2] !== NONE && ranges[5] !== NONE) refuseOverlap(...ranges);
}

function checkOperands(
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
    if (other === output) continue;
    checkApart(caller, names[output], from, bytes, names[other], pass[other], elements(pass, other) * size);
  }
}

/** How many elements an operand has. */
export function elements({ batch, inFeatures, outFeatures }: Pass, operand: Operand): number {
  if (operand === "x" || operand === "dx") return batch * inFeatures;
  if (operand === "y" || operand === "dy") return batch * outFeatures;
  return operand === "bias" || operand === "dBias" ? outFeatures : inFeatures * outFeatures;
}
