/** Ready losses are shared by everybody who asks for one. */
import { binaryCrossEntropy, huber, type Loss, meanSquaredError, softmaxCrossEntropy } from "affine-wasm/nn";
import { expect, it } from "vitest";

it.each<[string, () => Loss]>([
  ["softmaxCrossEntropy", softmaxCrossEntropy],
  ["meanSquaredError", meanSquaredError],
  ["binaryCrossEntropy", binaryCrossEntropy],
  ["huber", huber],
])("%s cannot be changed, so nobody gets between a loss and the kernels", (name, make) => {
  const loss = make() as { part: unknown; of: unknown } & Loss;
  const { part, of } = loss;
  expect(() => Object.assign(loss, { part: () => 0 })).toThrow(TypeError);
  expect(() => Object.assign(loss, { of: () => 0 })).toThrow(TypeError);
  expect(() => (loss.takes as string[]).push("labels")).toThrow(TypeError);
  expect(loss).toMatchObject({ name, part, of });
});
