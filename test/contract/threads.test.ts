/** The fourth promise, for threads: their number changes no bit, whatever the product, and no byte beside it. */
import { Affine, tensor } from "affine-wasm";
import { threads } from "affine-wasm/threads";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARRAYS } from "../../src/common/dtype.js";
import { TEST } from "../../src/engine/threads/policy.js";
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
    let before: number;
    beforeAll(async () => {
      shareEverything();
      own = await team(threads, ROOM);
      before = TEST.helped;
    }, 60_000);
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
      expect(TEST.helped, "tiles of helpers").toBeGreaterThan(before);
    });
  });
});

describe.runIf(canShare && asked > 1)("the suite on several threads", () => {
  it("has as many as were asked for, in memory that they share, and helpers take tiles of small products", async () => {
    expect(threads()).toEqual({ wanted: asked, online: asked, reason: null });
    expect(tensor(1).data.buffer).not.toBeInstanceOf(ArrayBuffer);
    const before = TEST.helped;
    using layer = new Affine(3, 5);
    for (let i = 0; i < 1000 && TEST.helped === before; i++) {
      for (let j = 0; j < 100; j++) layer.forward(new Float32Array(12));
      // On a busy machine the helper needs a while to get a core.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(TEST.helped).toBeGreaterThan(before);
  });
});
