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

/** @throws RangeError if Y shares a byte with X, W or b. `size` is that of an element. */
export function checkForwardOverlap(names: Names, pass: Pass, size: number): void {
  const { batch, inFeatures, outFeatures } = pass;
  const y = batch * outFeatures * size;
  checkApart("forward", names, pass, "y", y, "x", batch * inFeatures * size);
  checkApart("forward", names, pass, "y", y, "weight", inFeatures * outFeatures * size);
  checkApart("forward", names, pass, "y", y, "bias", outFeatures * size);
}

/** @throws RangeError if a gradient shares a byte with another, or with an operand; with Y, if that is still needed. */
export function checkBackwardOverlap(names: Names, pass: Pass, size: number): void {
  const { batch, inFeatures, outFeatures } = pass;
  const x = batch * inFeatures * size;
  const y = batch * outFeatures * size;
  const weight = inFeatures * outFeatures * size;
  const bias = outFeatures * size;
  checkApart("backward", names, pass, "dx", x, "dy", y);
  checkApart("backward", names, pass, "dx", x, "x", x);
  checkApart("backward", names, pass, "dx", x, "y", y);
  checkApart("backward", names, pass, "dx", x, "weight", weight);
  checkApart("backward", names, pass, "dx", x, "bias", bias);
  checkApart("backward", names, pass, "dx", x, "dWeight", weight);
  checkApart("backward", names, pass, "dx", x, "dBias", bias);
  checkApart("backward", names, pass, "dWeight", weight, "dy", y);
  checkApart("backward", names, pass, "dWeight", weight, "x", x);
  checkApart("backward", names, pass, "dWeight", weight, "y", y);
  checkApart("backward", names, pass, "dWeight", weight, "weight", weight);
  checkApart("backward", names, pass, "dWeight", weight, "dBias", bias);
  checkApart("backward", names, pass, "dBias", bias, "dy", y);
  checkApart("backward", names, pass, "dBias", bias, "x", x);
  checkApart("backward", names, pass, "dBias", bias, "y", y);
  checkApart("backward", names, pass, "dBias", bias, "weight", weight);
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
  outputBytes: number,
  other: Operand,
  otherBytes: number,
): void {
  const from = pass[output];
  const otherFrom = pass[other];
  if (from === NONE || otherFrom === NONE) return;
  if (overlap(from, outputBytes, otherFrom, otherBytes)) {
    throw new RangeError(`${caller}: ${names[output]} overlaps ${names[other]} in memory`);
  }
}
