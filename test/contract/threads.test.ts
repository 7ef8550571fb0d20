/** The fourth promise, for threads: their number changes no bit, whatever the product, and no byte beside it. */
import { Affine, tensor } from "affine-wasm";
import { threads } from "affine-wasm/threads";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ARRAYS } from "../../src/common/dtype.js";
import { CLAIM, LEFT } from "../../src/engine/threads/control.js";
import { asked, canShare, shareEverything } from "../support/allShared.js";
import { type Team, team } from "../support/threads.js";
import { poisonScratch, prepare, products } from "./promises/raw.js";
import { property } from "./promises/runner.js";
import { KINDS } from "./promises/values.js";

/** What the operands of the largest product take. */
const ROOM = 64 << 20;

describe.runIf(canShare)("P4: the bits of a product do not depend on the number of threads", () => {
  describe.each([2, 3, 5])("%i threads", (threads) => {
    let own: Team;
    beforeAll(async () => {
      shareEverything();
      own = await team(threads, ROOM);
    });
    afterAll(() => own.crew.end(null));

    property(
      "write the bytes that one writes",
      { share: 1, most: 700 },
      products(fc.constantFrom(...KINDS)),
      (product) => {
        const { arena, reset, run } = prepare(product);
        reset();
        poisonScratch();
        const before = arena.snapshot();
        const there = new Int32Array(own.heap.buffer, arena.from, before.length);
        there.set(before);
        run(own.kernels);
        const elements = ARRAYS[product.dtype];
        const shared = new elements(there.slice().buffer as ArrayBuffer);
        run();
        const alone = new elements(arena.snapshot().buffer as ArrayBuffer);
        arena.free();
        // Operands and all around them, too. The bits of a NaN are the engine's business, even within one thread.
        const at = alone.findIndex((value, i) => !Object.is(value, shared[i]));
        if (at >= 0) throw new Error(`value ${at} of ${alone.length} is ${shared[at]}, with one thread ${alone[at]}`);
      },
    );

    it("of which helpers compute some", () => {
      expect(own.crew.online).toBe(threads - 1);
      expect(own.products.helped(), "tiles of helpers").toBeGreaterThan(0);
    });
  });
});

type Words = Record<"store" | "compareExchange", (words: Int32Array, at: number, ...values: number[]) => number>;

describe.runIf(canShare && asked > 1)("the suite on several threads", () => {
  it("has as many as were asked for, in memory that they share, and helpers take tiles of small products", () => {
    expect(threads()).toEqual({ wanted: asked, online: asked, reason: null });
    expect(tensor(1).data.buffer).not.toBeInstanceOf(ArrayBuffer);
    const published = vi.spyOn(Atomics as Words, "store");
    const takes = vi.spyOn(Atomics as Words, "compareExchange");
    using layer = new Affine(3, 5);
    let helped = 0;
    for (let i = 0; i < 10_000 && helped === 0; i++) {
      layer.forward(new Float32Array(12));
      const tiles = published.mock.calls.findLast(([, index]) => index === CLAIM)?.[2] ?? 0;
      const own = takes.mock.calls.filter(([, , claim], call) => takes.mock.results[call]?.value === claim).length;
      helped = (tiles & LEFT) - own;
      for (const spy of [published, takes]) spy.mockClear();
    }
    vi.restoreAllMocks();
    expect(helped).toBeGreaterThan(0);
  });
});
