/** The numerical contract, promise by promise, each held to random cases. See test/contract/promises/. */
import { Affine, type FloatArray, forward, memoryUsage } from "affine-wasm";
import { instantiateKernels } from "affine-wasm/kernels";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { typedKernels } from "../../src/kernels/abi.js";
import { eachCase } from "../support/cases.js";
import { variant } from "../support/environment.js";
import { heap } from "../support/raw.js";
import { expectSameBits } from "../support/reference.js";
import { elementwise, expectedElementwise, prepareElementwise } from "./promises/elementwise.js";
import { eachElement, errorRatio, expectWithin } from "./promises/exact.js";
import { checkGradients, gradientCases } from "./promises/gradients.js";
import { checkGrowth, growths } from "./promises/growth.js";
import { checkLayer } from "./promises/layer.js";
import { naive } from "./promises/naive.js";
import { checkLayerOverlap, checkOverlap, layerOverlaps, overlaps } from "./promises/overlap.js";
import { checkWrongLength, eachProduct, Held, passes, runPass } from "./promises/passes.js";
import {
  columns,
  dtypes,
  outputOf,
  type Prepared,
  poisonScratch,
  prepare,
  prepareColumns,
  products,
  seeds,
} from "./promises/raw.js";
import { itRanAllCases, property } from "./promises/runner.js";
import { KINDS, type Kind, operands } from "./promises/values.js";

const integers: fc.Arbitrary<Kind> = fc.constant("integers");
const specials: fc.Arbitrary<Kind> = fc.constant("special");
const anyKind: fc.Arbitrary<Kind> = fc.constantFrom(...KINDS);

describe("P1: every element is within (k+3)·u·S + k·(smallest subnormal)", () => {
  property("of a product of any layout, from any start", { share: 35 }, products(), (product) => {
    const prepared = prepare(product);
    expectWithin(product.dtype, product.sizes, prepared.operands, outputOf(prepared), product.rectify);
  });

  property("of column sums", { share: 6 }, columns(), (sums) => {
    const prepared = prepareColumns(sums);
    expectWithin(sums.dtype, [1, sums.sizes[1], sums.sizes[0]], prepared.operands, outputOf(prepared), false);
  });

  property("of y, dX, dW and db", { share: 12 }, passes(), (pass) => {
    eachProduct(pass.shape, runPass(pass), (_, sizes, given, actual) =>
      expectWithin(pass.dtype, sizes, given, actual, false),
    );
  });

  const withBatch = passes().filter(({ shape }) => shape.inFeatures > 0); // It is read off the length of x.
  property("of a layer with ReLU that adds to its gradients", { share: 6 }, withBatch, checkLayer);

  const worst = { float32: 0, float64: 0 };
  const size = fc.integer({ min: 1, max: 63 });
  const sized = fc.record({ dtype: dtypes, sizes: fc.tuple(size, size, size), seed: seeds });
  property("and the error ratio |error|/(2u·S) is below 16 up to size 63", { share: 2 }, sized, (one) => {
    const plain = { transposed: false, step: 1, gap: 0 };
    const layout = { a: plain, b: plain, gap: 0, start: "row", rectify: false, kind: "unit" } as const;
    const prepared = prepare({ ...one, ...layout });
    const actual = outputOf(prepared);
    const { a, b, init } = prepared.operands;
    eachElement(one.sizes, a, b, init, (i, element) => {
      const ratio = errorRatio(one.dtype, actual[i] as number, element);
      worst[one.dtype] = Math.max(worst[one.dtype], ratio);
      if (!(ratio < 16)) throw new Error(`element ${i}: error ratio ${ratio}`);
    });
  });
  afterAll(() => {
    const [single, double] = [worst.float32.toFixed(3), worst.float64.toFixed(3)];
    console.log(`error ratio |error|/(2u·S), at most: float32 ${single}, float64 ${double} (Netlib's limit: 16)`);
  });
});

describe("P2: small integers come out bit-exact", () => {
  property("of a product of any layout, from any start", { share: 6 }, products(integers), (product) => {
    const prepared = prepare(product);
    const expected = naive(product.sizes, prepared.operands, product.rectify);
    expectSameBits(outputOf(prepared), expected, "C");
  });

  property("y, dX, dW and db", { share: 6 }, passes(integers), (pass) => {
    eachProduct(pass.shape, runPass(pass), (name, sizes, given, actual) =>
      expectSameBits(actual, naive(sizes, given), name),
    );
  });

  property("of updates and masks", { share: 2 }, elementwise(integers), (one) => {
    const prepared = prepareElementwise(one);
    expectSameBits(outputOf(prepared), expectedElementwise(one, prepared), one.kernel);
  });
});

describe("P3: NaN and ±Inf propagate, 0·Inf is NaN, and what lay in memory before never leaks in", () => {
  property("special values come out of a product as IEEE 754 says", { share: 8 }, products(specials), (product) => {
    const prepared = prepare(product);
    const expected = naive(product.sizes, prepared.operands, product.rectify);
    expectSameBits(outputOf(prepared), expected, "C");
  });

  property("and of the passes", { share: 5 }, passes(specials), (pass) => {
    eachProduct(pass.shape, runPass(pass), (name, sizes, given, actual) =>
      expectSameBits(actual, naive(sizes, given), name),
    );
  });

  property(
    "and of updates and masks: a NaN output lets the gradient pass",
    { share: 2 },
    elementwise(specials),
    (one) => {
      const prepared = prepareElementwise(one);
      expectSameBits(outputOf(prepared), expectedElementwise(one, prepared), one.kernel);
    },
  );

  property("NaN in scratch memory does not reach a product", { share: 6 }, products(integers), (product) => {
    const prepared = prepare(product);
    poisonScratch();
    const expected = naive(product.sizes, prepared.operands, product.rectify);
    expectSameBits(outputOf(prepared), expected, "C");
  });

  property("nor column sums", { share: 2 }, columns(integers), (sums) => {
    const prepared = prepareColumns(sums);
    poisonScratch();
    const [m, n] = sums.sizes;
    const expected = naive([1, n, m], prepared.operands);
    expectSameBits(outputOf(prepared), expected, "the sums");
  });
});

describe("P4: the bits of a row depend on its numbers alone", () => {
  const part = fc.tuple(passes(anyKind), fc.nat(), fc.nat());
  property("not on the batch that it is in, nor on where it lies", { share: 12 }, part, ([pass, start, count]) => {
    const { dtype, shape } = pass;
    const { x, weight, bias, y } = runPass(pass);
    const from = start % (shape.batch + 1);
    const rows = count % (shape.batch - from + 1);
    const values = x.slice(from * shape.inFeatures, (from + rows) * shape.inFeatures) as FloatArray;
    const inside = pass.inside[7] as boolean;
    const some = new Held(dtype, values.length, values, inside, count);
    const result = forward<FloatArray>({ x: some.array, weight, bias }, { ...shape, batch: rows });
    expectSameBits(result, y.slice(from * shape.outFeatures, (from + rows) * shape.outFeatures), `${rows} rows`);
    some.dispose();
  });

  property("not on the growth of memory, between calls or within one", { share: 1, most: 12 }, growths, checkGrowth);

  describe("simd gives the bits of scalar", () => {
    const when = variant === "scalar" || variant === "simd";
    // The one path that sums in another order, so both must keep to it.
    const dots = products(fc.constantFrom("unit", "cancelling")).map((product) => {
      const [, n, k] = product.sizes;
      const a = { transposed: false, step: 1, gap: 0 };
      return { ...product, sizes: [1, n, k] as const, a, b: { ...a, transposed: true, gap: product.b.gap } };
    });
    const scalar = typedKernels(instantiateKernels(heap.memory, "scalar"));
    const compare = ({ arena, reset, run, result }: Prepared) => {
      reset();
      run();
      const here = result();
      reset();
      run(scalar);
      expectSameBits(here, result(), "the output");
      arena.free();
    };
    property("for a product", { share: 18, when }, products(anyKind), (product) => compare(prepare(product)));
    property("for a row times a transposed matrix", { share: 4, when }, dots, (product) => compare(prepare(product)));
    property("for column sums", { share: 4, when }, columns(anyKind), (sums) => compare(prepareColumns(sums)));
    property("for updates and masks", { share: 3, when }, elementwise(anyKind), (one) =>
      compare(prepareElementwise(one)),
    );
  });
});

describe("P5: inputs are never changed, nothing is written outside an output", () => {
  const check = ({ arena, reset, run, written }: Prepared) => {
    reset();
    const before = arena.snapshot();
    run();
    const at = arena.changed(before, written);
    arena.free();
    if (at >= 0) throw new Error(`a byte at ${at} changed, the output being ${JSON.stringify(written)}`);
  };
  property("by a product", { share: 10 }, products(anyKind), (product) => check(prepare(product)));
  property("by column sums", { share: 4 }, columns(anyKind), (sums) => check(prepareColumns(sums)));
  property("by updates and masks", { share: 3 }, elementwise(anyKind), (one) => check(prepareElementwise(one)));
  property("by the passes", { share: 6 }, passes(anyKind), (pass) => runPass(pass, true));
  const wrong = fc.tuple(passes(), fc.nat(7), fc.constantFrom(-1, 1));
  property("by a pass that refuses a wrong length", { share: 4 }, wrong, ([pass, which, longer]) => {
    checkWrongLength(pass, which, longer);
  });
  property("outputs that overlap inputs are computed as if copied, or refused", { share: 12 }, overlaps, checkOverlap);
  property("and so are a layer's", { share: 6 }, layerOverlaps, checkLayerOverlap);
});

describe("P6: gradients agree with central differences in float64", () => {
  let compared = 0;
  property("of every input, weight and bias", { share: 2 }, gradientCases, (one) => {
    compared += checkGradients(one);
  });
  afterAll(() => expect(compared, "gradients compared").toBeGreaterThan(0));
});

describe("P7: memory in use stays flat, and disposing returns every byte", () => {
  property("a pass and a layer return what they took", { share: 3 }, passes(), (pass) => {
    const { used } = memoryUsage();
    runPass(pass);
    const { dtype } = pass;
    const { batch, inFeatures, outFeatures } = pass.shape;
    const layer = new Affine(inFeatures, outFeatures, { dtype, activation: pass.bias ? "relu" : "none" });
    for (const rows of [batch, batch + 3, 1]) {
      const y = layer.forward(operands(dtype, "unit", pass.seed, rows, 1, inFeatures).a);
      layer.backward(y);
    }
    expect(() => layer.backward(operands(dtype, "unit", 1, 1, 1, 1 + outFeatures * 2).a)).toThrow(RangeError);
    layer.dispose();
    expect(memoryUsage().used, "bytes in use").toBe(used);
  });

  it("the heap is as large after 10,000 calls of mixed shapes as after the first hundred", () => {
    const layers = [1, 7, 16].map((size) => new Affine(size, 2 * size + 1, { activation: "relu" }));
    let calls = 0;
    const call = (i: number) => {
      const layer = layers[i % 3] as Affine;
      const x = new Float32Array(layer.inFeatures * (1 + (i % 23)));
      layer.backward(layer.forward(x));
      forward({ x, weight: layer.weight, bias: layer.bias }, { ...layer, batch: 1 + (i % 23) });
      calls += 3;
    };
    eachCase(Array(100).keys(), call);
    const before = memoryUsage();
    eachCase(Array(3500).keys(), call);
    expect(calls).toBeGreaterThan(10_000);
    expect(memoryUsage()).toEqual(before);
    for (const layer of layers) layer.dispose();
  });
});

itRanAllCases();
