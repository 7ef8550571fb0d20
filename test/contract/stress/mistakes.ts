/** What a caller can do wrong, and what the library says then: an error of its own that names the function. */
import { Affine, backward, forward, tensor } from "affine-wasm";
import { type Kind, wrong } from "../../support/cases.js";

type AnyLayer = Affine<"float32" | "float64">;

const f32 = (length: number) => new Float32Array(length);
const shape = { batch: 2, inFeatures: 3, outFeatures: 4 };

/** Each on the layer given, which must stay as it was. */
const MISTAKES: readonly [string, Kind, (layer: AnyLayer) => unknown][] = [
  ["Affine", TypeError, () => new Affine(wrong("3"), 4)],
  ["Affine", RangeError, () => new Affine(3, -1)],
  ["Affine", RangeError, () => new Affine(Number.NaN, 1)],
  ["Affine", RangeError, () => new Affine(3, 4, wrong({ activaton: "relu" }))],
  ["Affine", RangeError, () => new Affine(100_000, 100_000)],
  ["tensor", RangeError, () => tensor(2 ** 31 - 1, "float64")],
  ["tensor", RangeError, () => tensor(-1)],
  ["tensor", RangeError, () => tensor(4, wrong("int8"))],
  ["forward", TypeError, (layer) => layer.forward(wrong([1, 2]))],
  ["forward", TypeError, (layer) => layer.forward(wrong(null))],
  ["forward", TypeError, (layer) => layer.forward(wrong(new Int32Array(layer.inFeatures)))],
  ["forward", RangeError, () => fresh((layer) => layer.forward(f32(7)))],
  ["forward", RangeError, () => fresh((layer) => layer.forward(f32(6), f32(7)))],
  ["forward", ReferenceError, () => fresh((layer) => layer.forward(stale(6)))],
  ["forward", ReferenceError, () => fresh((layer) => layer.forward(f32(6), stale(8)))],
  ["backward", TypeError, (layer) => layer.backward(wrong(layer), wrong(3))],
  ["backward", RangeError, (layer) => layer.backward(wrong(f32(1)), wrong({ acumulate: true }))],
  ["backward", Error, () => fresh((layer) => layer.backward(f32(4)))],
  ["step", Error, () => fresh((layer) => layer.step(1))],
  ["step", RangeError, (layer) => layer.step(Number.POSITIVE_INFINITY)],
  ["step", TypeError, (layer) => layer.step(wrong("1"))],
  ["forward", TypeError, () => forward(wrong(undefined), shape)],
  ["forward", RangeError, () => forward({ x: f32(6), weight: f32(11) }, shape)],
  ["forward", RangeError, () => forward({ x: f32(6), weight: f32(12) }, { ...shape, batch: 1.5 })],
  ["backward", RangeError, () => backward({ x: f32(6), weight: f32(12), dy: f32(7) }, shape)],
  ["backward", TypeError, () => backward({ x: f32(6), weight: f32(12), dy: wrong(new Float64Array(8)) }, shape)],
];

/**
 * Makes mistake number `which` (modulo their number).
 * @throws Error if it passes, or fails with another error than the library's
 */
export function mistake(which: number, layer: AnyLayer): void {
  const [caller, kind, make] = MISTAKES[which % MISTAKES.length] as (typeof MISTAKES)[number];
  let thrown: unknown;
  try {
    make(layer);
  } catch (error) {
    thrown = error;
  }
  const { constructor: made, message = "" } = (thrown ?? {}) as Error;
  if (made !== kind || !message.startsWith(`${caller}: `)) {
    throw new Error(`mistake ${which % MISTAKES.length}: expected a ${kind.name} of ${caller}, got ${thrown}`);
  }
}

/** A view of memory that was returned. */
function stale(length: number): Float32Array {
  const gone = tensor(length);
  const view = gone.data;
  gone.dispose();
  return view;
}

/** A layer for one call. */
function fresh(use: (layer: Affine) => unknown): void {
  using layer = new Affine(3, 4);
  use(layer);
}
