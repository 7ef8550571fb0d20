/** Memory that is made to grow between calls and in the middle of one. */
import { Affine, forward, memoryUsage, type Tensor, tensor } from "affine-wasm";
import * as fc from "fast-check";
import type { DType } from "../../../src/common/dtype.js";
import { hasGrownSince, showSame } from "../../support/grown.js";
import { expectSameBits } from "../../support/reference.js";
import { dtypes, seeds } from "./raw.js";
import { operands } from "./values.js";

export interface Growth {
  readonly dtype: DType;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly relu: boolean;
  readonly seed: number;
}

export const growths: fc.Arbitrary<Growth> = fc.record({
  dtype: dtypes,
  inFeatures: fc.integer({ min: 1, max: 40 }),
  outFeatures: fc.integer({ min: 1, max: 40 }),
  relu: fc.boolean(),
  seed: seeds,
});

/** The least that a call below needs in one piece. */
const PIECE = 1 << 17;

/** Takes memory until no such piece is left. It has grown once then: nothing else tells where the last one was. */
function fill(): Tensor[] {
  const taken: Tensor[] = [];
  const before = memoryUsage().total;
  while (memoryUsage().total === before) taken.push(tensor(PIECE / 4));
  const rest = Math.floor((memoryUsage().total - before - PIECE) / PIECE);
  for (let i = 0; i < rest; i++) taken.push(tensor(PIECE / 4));
  return taken;
}

/** Holds the layer and the function to the bits that they gave before memory grew, between calls and within one. */
export function checkGrowth({ dtype, inFeatures, outFeatures, relu, seed }: Growth): void {
  const batch = Math.ceil(PIECE / 4 / Math.min(inFeatures, outFeatures));
  const shape = { batch, inFeatures, outFeatures };
  const { a, b } = operands(dtype, "unit", seed, batch, outFeatures, inFeatures);
  const layer = new Affine(inFeatures, outFeatures, { dtype, activation: relu ? "relu" : "none" });
  layer.weight.set(b);
  const rows = a.slice(0, 3 * inFeatures) as typeof a;
  const first = layer.forward(rows);
  const dy = first.map((_, i) => 1 + (i % 3)) as typeof a;
  const dx = layer.backward(dy);
  const gradients = [layer.dWeight.slice(), layer.dBias?.slice() as typeof a];
  const out = tensor(batch * outFeatures, dtype);
  const expected = forward({ x: a, weight: b, bias: null }, shape);

  const filled = fill();
  const stale = out.data;
  const before = memoryUsage().total;
  const whole = forward({ x: a, weight: b, bias: null }, shape, stale);
  if (memoryUsage().total === before || !hasGrownSince(stale, out.data)) throw new Error("the memory has not grown");
  expectSameBits(whole, expected, "y of a call in which memory grew");
  expectSameBits(out.data, expected, "its out");
  if (!showSame(whole, out.data)) throw new Error("the result is no live view of out");

  expectSameBits(layer.weight, b, "the weight");
  expectSameBits(layer.forward(rows), first, "y after memory grew");
  expectSameBits(layer.backward(dy), dx, "dx after memory grew");
  expectSameBits(layer.dWeight, gradients[0] as typeof a, "dWeight after memory grew");
  expectSameBits(layer.dBias as typeof a, gradients[1] as typeof a, "dBias after memory grew");
  for (const each of [layer, out, ...filled]) each.dispose();
}
