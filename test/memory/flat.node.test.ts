/** A long life costs no more than a short one, in either heap: the module's memory, and JavaScript's. */
import { Affine, backward, type FloatArray, forward, memoryUsage, type Shape, tensor } from "affine-wasm";
import { expect, it } from "vitest";
import { DTYPES, eachCase, expectError, operandsOf, randomFrom } from "../support/cases.js";
import { collectUntil } from "../support/gc.js";

type DType = (typeof DTYPES)[number];
type Operands = Record<"x" | "weight" | "bias" | "dy", FloatArray>;
/** A layer that lives through all rounds, and operands of its shape. */
interface Case {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly kept: Affine<DType>;
  readonly operands: Operands;
}

const SHAPES: readonly Shape[] = [
  { batch: 1, inFeatures: 7, outFeatures: 5 },
  { batch: 9, inFeatures: 16, outFeatures: 16 },
  { batch: 33, inFeatures: 20, outFeatures: 3 },
  { batch: 2, inFeatures: 1, outFeatures: 40 },
  { batch: 1, inFeatures: 0, outFeatures: 6 },
];
const CALLS_A_ROUND = 1000;
/** In the first rounds the engine itself takes memory, for what it compiles. */
const EARLY_ROUNDS = 5;
const ROUNDS = 10;
/** Bytes that a call may leave in JavaScript's heap: less than an object. Measured on Node, Deno and Bun: -8 to 16. */
const SLACK = 32;

const USES: readonly ((use: Case) => void)[] = [
  ({ kept, operands }) => train(kept, operands),
  ({ kept, operands }) => trainOnTensors(kept, operands),
  ({ shape, dtype, operands }) => {
    using layer = new Affine<DType>(shape.inFeatures, shape.outFeatures, { dtype, seed: 1 });
    train(layer, operands);
    trainOnTensors(layer, operands);
  },
  ({ shape, operands }) => {
    forward<FloatArray>(operands, shape);
    backward<FloatArray>(operands, shape);
  },
  ({ kept }) => {
    expectError(() => kept.step(Number.NaN), RangeError, `step: rate must be finite in ${kept.dtype}, got NaN`);
    failed(() => new Affine(100_000, 100_000));
  },
];

/** Vitest's `expect` keeps something of every call. */
function failed(call: () => unknown): void {
  try {
    call();
  } catch {
    return;
  }
  throw new Error("it should have failed");
}

function train(layer: Affine<DType>, { x, dy }: Operands): void {
  layer.forward(x);
  layer.backward(dy, { accumulate: true });
  layer.step(1e-6);
}

function trainOnTensors(layer: Affine<DType>, operands: Operands): void {
  using x = tensor(operands.x.length, layer.dtype);
  using y = tensor(operands.dy.length, layer.dtype);
  using dy = tensor(operands.dy.length, layer.dtype);
  using dx = tensor(operands.x.length, layer.dtype);
  x.data.set(operands.x);
  dy.data.set(operands.dy);
  layer.forward(x.data, y.data);
  layer.backward(dy.data, { out: dx.data });
  layer.step(1e-6);
}

/** JavaScript's heap, and the arrays that it owns outside of it, with no garbage left. */
async function javascriptBytes(): Promise<number> {
  await collectUntil(() => false, 4);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers - memoryUsage().total;
}

it("10,000 mixed calls, failing ones too, leave both heaps as they were", async () => {
  tensor(1).dispose(); // starts the library, which takes its scratch memory
  const start = memoryUsage().used;
  const random = randomFrom(51);
  const cases = SHAPES.flatMap((shape) =>
    DTYPES.map((dtype): Case => {
      const options = { dtype, activation: "relu", seed: 1 } as const;
      const kept = new Affine<DType>(shape.inFeatures, shape.outFeatures, options);
      return { shape, dtype, kept, operands: operandsOf<DType>(dtype, shape, random) };
    }),
  );
  /** Runs the calls of some rounds; after each, the module's memory is as after the first of all. */
  let warm: ReturnType<typeof memoryUsage> | undefined;
  const run = (rounds: number) => {
    let calls = 0;
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < CALLS_A_ROUND / (cases.length * USES.length); i++) {
        eachCase(cases, (each) => {
          calls += eachCase(USES, (use) => use(each));
        });
      }
      warm ??= memoryUsage();
      expect(memoryUsage()).toEqual(warm);
    }
    return calls;
  };
  run(EARLY_ROUNDS);
  const grown: number[] = [];
  // The engine may still compile in one stretch; a leak grows in every one.
  while (grown.length < 3 && !(Math.min(...grown) < SLACK * 10_000)) {
    const before = await javascriptBytes();
    expect(run(ROUNDS)).toBe(10_000);
    grown.push((await javascriptBytes()) - before);
  }
  expect(Math.min(...grown), `bytes, the least of ${grown}`).toBeLessThan(SLACK * 10_000);
  for (const { kept } of cases) kept.dispose();
  expect(memoryUsage().used).toBe(start);
});
