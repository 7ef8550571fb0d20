/** A layer with ReLU, with bias or without, whose gradients are added to what was there. */
import { Affine } from "affine-wasm";
import { expect } from "vitest";
import { ARRAYS } from "../../../src/common/dtype.js";
import { expectWithin } from "./exact.js";
import { type Pass, transposed } from "./passes.js";
import { operands } from "./values.js";

/** Holds y, dX, dW and db of a layer to the error bound. */
export function checkLayer({ dtype, kind, seed, shape, bias: biased }: Pass): void {
  const { batch, inFeatures, outFeatures } = shape;
  const { a: x, b: weight } = operands(dtype, kind, seed, batch, outFeatures, inFeatures);
  const { b: dy, init: dWeight } = operands(dtype, kind, seed + 1, inFeatures, outFeatures, batch);
  const bias = operands(dtype, kind, seed + 2, 1, outFeatures, 0).init;
  const dBias = operands(dtype, kind, seed + 3, 1, outFeatures, 0).init;
  if (!biased) bias.fill(0);
  const layer = new Affine(inFeatures, outFeatures, { dtype, activation: "relu", bias: biased });
  layer.weight.set(weight);
  layer.bias?.set(bias);
  layer.dWeight.set(dWeight);
  layer.dBias?.set(dBias);

  const y = layer.forward(x);
  const rows = y.map((_, i) => bias[i % outFeatures] as number);
  expectWithin(dtype, [batch, outFeatures, inFeatures], { a: x, b: weight, init: rows }, y, true);

  const masked = dy.map((value, i) => ((y[i] as number) <= 0 ? 0 : value));
  const dx = layer.backward(dy, { accumulate: true });
  const weightT = transposed(weight, inFeatures, outFeatures);
  const ofDx = { a: masked, b: weightT, init: new Float64Array(dx.length) };
  expectWithin(dtype, [batch, inFeatures, outFeatures], ofDx, dx, false);
  const ofDWeight = { a: transposed(x, batch, inFeatures), b: masked, init: dWeight };
  expectWithin(dtype, [inFeatures, outFeatures, batch], ofDWeight, layer.dWeight, false);
  expect([layer.bias === null, layer.dBias === null]).toEqual([!biased, !biased]);
  const ofDBias = { a: new ARRAYS[dtype](batch).fill(1), b: masked, init: dBias };
  if (layer.dBias) expectWithin(dtype, [1, outFeatures, batch], ofDBias, layer.dBias, false);
  layer.dispose();
}
