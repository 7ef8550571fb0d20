/** Outputs and inputs at random places of one buffer: computed as if copied, or refused. */
import { Affine, type ArrayOf, backward, type DType, type FloatArray, forward, tensor } from "affine-wasm";
import * as fc from "fast-check";
import { ARRAYS } from "../../../src/common/dtype.js";
import { expectSameBits } from "../../support/reference.js";
import { dtypes, seeds } from "./raw.js";
import { bitsFrom } from "./values.js";

export interface Overlap {
  readonly dtype: DType;
  /** batch, in, out. */
  readonly sizes: readonly [number, number, number];
  readonly inside: boolean;
  /** Where each of seven arrays starts: in a slot of its own (negative), or anywhere. */
  readonly places: readonly number[];
  readonly seed: number;
}

const SLOT = 16;
const LENGTH = 7 * SLOT;
const size = fc.integer({ min: 0, max: 4 });

export const overlaps: fc.Arbitrary<Overlap> = fc.record({
  dtype: dtypes,
  sizes: fc.tuple(size, size, size),
  inside: fc.boolean(),
  places: fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(LENGTH - SLOT) }),
    {
      minLength: 7,
      maxLength: 7,
    },
  ),
  seed: seeds,
});

interface Range {
  readonly from: number;
  readonly length: number;
}

const share = (a: Range, b: Range) => {
  for (let i = 0; i < a.length; i++) if (a.from + i >= b.from && a.from + i < b.from + b.length) return true;
  return false;
};

/** Holds one function on arrays of one buffer to what it gives on copies of them. */
export function checkOverlap({ dtype, sizes: [batch, inFeatures, outFeatures], inside, places, seed }: Overlap): void {
  const shape = { batch, inFeatures, outFeatures };
  const bits = bitsFrom(seed);
  const memory = inside ? tensor(LENGTH, dtype) : null;
  const buffer = memory?.data ?? new ARRAYS[dtype](LENGTH);
  for (let i = 0; i < LENGTH; i++) buffer[i] = (bits() % 17) - 8;
  const before = buffer.slice();
  const range = (slot: number, length: number): Range => {
    const place = places[slot] as number;
    return { from: place < 0 ? slot * SLOT : place, length };
  };
  const view = ({ from, length }: Range) => buffer.subarray(from, from + length) as FloatArray;
  const copy = ({ from, length }: Range) => before.slice(from, from + length) as FloatArray;
  const x = range(0, batch * inFeatures);
  const weight = range(1, inFeatures * outFeatures);
  let inputs: Range[];
  let outputs: Range[];
  let expected: FloatArray[];
  let call: () => FloatArray[];
  if (seed & 1) {
    const bias = range(2, outFeatures);
    const y = range(3, batch * outFeatures);
    [inputs, outputs] = [[x, weight, bias], [y]];
    expected = [forward<FloatArray>({ x: copy(x), weight: copy(weight), bias: copy(bias) }, shape)];
    call = () => [forward<FloatArray>({ x: view(x), weight: view(weight), bias: view(bias) }, shape, view(y))];
  } else {
    const dy = range(2, batch * outFeatures);
    outputs = [range(3, x.length), range(4, weight.length), range(5, outFeatures)];
    inputs = [x, weight, dy];
    const out = backward<FloatArray>({ x: copy(x), weight: copy(weight), dy: copy(dy) }, shape);
    expected = [out.dx, out.dWeight, out.dBias];
    call = () => {
      const [dx, dWeight, dBias] = outputs.map(view) as [FloatArray, FloatArray, FloatArray];
      const got = backward<FloatArray>({ x: view(x), weight: view(weight), dy: view(dy) }, shape, {
        dx,
        dWeight,
        dBias,
      });
      return [got.dx, got.dWeight, got.dBias];
    };
  }
  const amongOutputs = outputs.some((a, i) => outputs.slice(i + 1).some((b) => share(a, b)));
  const withInputs = outputs.some((a) => inputs.some((b) => share(a, b)));
  let results: FloatArray[] | null = null;
  try {
    results = call();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    if (!amongOutputs && !withInputs) throw new Error(`refused arrays that are apart: ${error.message}`);
    if (!amongOutputs && !inside) throw new Error(`refused arrays of the caller's own: ${error.message}`);
    expectSameBits(buffer, before, "after a refusal, the buffer");
  }
  if (results) {
    if (amongOutputs) throw new Error("took outputs that overlap each other");
    results.forEach((result, i) => {
      expectSameBits(result, expected[i] as FloatArray, `output ${i}`);
      before.set(expected[i] as FloatArray, outputs[i]?.from);
    });
    expectSameBits(buffer, before, "the buffer");
  }
  memory?.dispose();
}

/** A layer whose operands are anywhere in one tensor, or its own parameters. */
export interface LayerOverlap {
  readonly dtype: DType;
  readonly size: number;
  readonly relu: boolean;
  /** x, out of forward, dy, out of backward: a place in the tensor, or -1 weight, -2 dWeight. */
  readonly places: readonly number[];
  readonly seed: number;
}

export const layerOverlaps: fc.Arbitrary<LayerOverlap> = fc.record({
  dtype: dtypes,
  size: fc.integer({ min: 1, max: 4 }),
  relu: fc.boolean(),
  places: fc
    .array(
      fc.oneof({ weight: 3, arbitrary: fc.constant(100) }, { weight: 2, arbitrary: fc.integer({ min: -2, max: 80 }) }),
      { minLength: 4, maxLength: 4 },
    )
    .map((places) => places.map((place, i) => (place === 100 ? i * SLOT : place))),
  seed: seeds,
});

/** Holds a layer on such operands to a twin that is given copies of them. */
export function checkLayerOverlap({ dtype, size, relu, places, seed }: LayerOverlap): void {
  const options = { dtype, activation: relu ? "relu" : "none" } as const;
  const [layer, twin] = [new Affine(size, size, options), new Affine(size, size, options)];
  const memory = tensor(LENGTH, dtype);
  const bits = bitsFrom(seed);
  const square = size * size;
  for (let i = 0; i < LENGTH; i++) memory.data[i] = (bits() % 17) - 8;
  layer.weight.set(memory.data.subarray(LENGTH - square));
  layer.dWeight.fill(3);
  twin.weight.set(layer.weight);
  const at = (i: number): ArrayOf<DType> => {
    const place = places[i] as number;
    if (place === -1) return layer.weight;
    return place === -2 ? layer.dWeight : (memory.data.subarray(place, place + square) as ArrayOf<DType>);
  };
  const state = () => [...memory.data, ...layer.weight, ...layer.dWeight, ...(layer.bias ?? [])];
  const result = (call: () => ArrayOf<DType>): ArrayOf<DType> | null => {
    const before = state();
    try {
      return call();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      expectSameBits(Float64Array.from(state()), before, "after a refusal, the memory");
      return null;
    }
  };
  const x = at(0).slice() as ArrayOf<DType>;
  const weight = layer.weight.slice();
  const y = result(() => layer.forward(at(0), at(1)));
  if (y) {
    expectSameBits(y, twin.forward(x), "y");
    expectSameBits(layer.weight, weight, "the weight");
    const dy = at(2).slice() as ArrayOf<DType>;
    const dx = result(() => layer.backward(at(2), { out: at(3) }));
    if (dx) {
      expectSameBits(dx, twin.backward(dy), "dx");
      expectSameBits(layer.dWeight, twin.dWeight, "dWeight");
      expectSameBits(layer.weight, weight, "the weight");
    }
  }
  for (const each of [layer, twin, memory]) each.dispose();
}
