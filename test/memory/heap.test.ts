/** The blocks of linear memory: apart, joined again when they return, zero where asked for. */
import { describe, expect, it } from "vitest";
import { Heap } from "../../src/memory/heap.js";
import { eachCase, randomFrom } from "../support/cases.js";

describe("the heap", () => {
  it("ends below 4 GiB, where a 32-bit pointer to the end of a block would wrap to 0", () => {
    const own = new Heap();
    expect(() => own.allocate(2 ** 32 - 1024)).toThrow(RangeError);
    expect(own.allocate(64)).toBe(1024);
  });

  it("hands out blocks that do not overlap, and gives the same addresses again once all are back", () => {
    const own = new Heap();
    const random = randomFrom(21);
    const live = new Map<number, number>();
    eachCase(Array(2000).keys(), () => {
      if (live.size > 0 && random() > 0.1) {
        const at = [...live.keys()][Math.floor(((random() + 1) / 2) * live.size)] as number;
        own.free(at);
        live.delete(at);
      } else {
        const bytes = Math.floor((random() + 1) * 5000);
        const at = own.allocate(bytes);
        expect(at % 64).toBe(0);
        expect(at + bytes).toBeLessThanOrEqual(own.memory.buffer.byteLength);
        for (const [other, size] of live) expect(at + bytes <= other || other + size <= at).toBe(true);
        live.set(at, bytes);
      }
    });
    for (const at of live.keys()) own.free(at);
    expect(own.bytesInUse).toBe(0);
    expect(own.allocate(1)).toBe(new Heap().allocate(1));
  });

  it("joins free neighbours, in whatever order they return, to one block again", () => {
    eachCase(["012", "021", "102", "120", "201", "210"], (order) => {
      const own = new Heap();
      const blocks = [own.allocate(640), own.allocate(640), own.allocate(640)];
      const guard = own.allocate(64);
      for (const i of order) own.free(blocks[Number(i)] as number);
      expect(own.allocate(1920), order).toBe(blocks[0]);
      own.free(guard);
    });
  });

  it("hands out zeros when asked to: where blocks have been, and beyond", () => {
    const own = new Heap();
    eachCase([64, 100, 70_000, 1], (bytes) => {
      own.view("float32", own.allocate(4096), 1024).fill(7);
      const dirty = own.allocate(4096);
      own.view("float32", dirty, 1024).fill(7);
      own.free(dirty);
      const at = own.allocateZeros(bytes);
      expect(at).toBe(dirty);
      expect(new Uint8Array(own.buffer, at, bytes).every((byte) => byte === 0)).toBe(true);
      new Uint8Array(own.buffer, at, bytes).fill(7);
    });
  });

  it("tells which bytes belong to no block", () => {
    const own = new Heap();
    const [a, b, c, d] = [0, 0, 0, 0].map(() => own.allocate(64)) as [number, number, number, number];
    own.free(b);
    const cases: [number, number, boolean][] = [
      [a, 64, false],
      [a, 65, true],
      [b, 64, true],
      [b, 0, false],
      [b - 1, 1, false],
      [b + 63, 1, true],
      [b + 63, 2, true],
      [c, 128, false],
      [a, 256, true],
      [d, 65, true],
      [d + 64, 1, true],
      [d + 64, 0, false],
    ];
    expect(eachCase(cases, ([at, bytes, free]) => expect(own.isFree(at, bytes), `${at} ${bytes}`).toBe(free))).toBe(12);
    own.free(d);
    expect(own.isFree(d, 1)).toBe(true);
    expect(own.isFree(c, 64)).toBe(false);
  });

  it("tells so at any time, whatever was taken, returned and asked before", () => {
    const own = new Heap();
    const random = randomFrom(23);
    const below = (limit: number) => Math.floor(((random() + 1) / 2) * limit);
    const first = own.allocate(64);
    own.free(first);
    /** For each 64 bytes from the first on, whether a block has them. */
    const taken = new Uint8Array(100);
    const live = new Map<number, number>();
    const mark = (at: number, bytes: number, value: number) =>
      taken.fill(value, (at - first) / 64, (at - first + bytes) / 64);
    let answers = 0;
    for (let i = 0; i < 2000; i++) {
      const [at, held] = [...live][below(2 * live.size)] ?? [];
      if (at !== undefined && held !== undefined) {
        own.free(at);
        mark(at, held, 0);
        live.delete(at);
      } else if (live.size < 15) {
        const bytes = 64 * (1 + below(5));
        const made = own.allocate(bytes);
        mark(made, bytes, 1);
        live.set(made, bytes);
      }
      const [from, bytes] = [below(100 * 64), below(400)];
      const spanned = taken.subarray(from >> 6, ((from + bytes - 1) >> 6) + 1);
      const free = bytes > 0 && (spanned.includes(0) || from + bytes > 6400);
      if (own.isFree(first + from, bytes) !== free)
        throw new Error(`${i}: ${bytes} bytes at ${from}: expected ${free}`);
      if (!free && bytes > 0) answers++;
    }
    expect(answers, "ranges that blocks cover").toBeGreaterThan(100);
  });

  it("refuses to free what it has not handed out", () => {
    const own = new Heap();
    const at = own.allocate(10);
    own.free(at);
    expect(() => own.free(at)).toThrow(`free: no block at ${at}`);
  });

  it("counts a block that returns while it is withheld as free, though nobody gets it before that ends", () => {
    const own = new Heap();
    const blocks = [own.allocate(640), own.allocate(640), own.allocate(640)] as const;
    const [first, at, last] = blocks;
    const answers = () => [
      ...blocks.map((block) => own.isFree(block, 640)),
      own.isFree(at + 100, 4),
      own.isFree(first, 1920),
      own.isFree(last, 0),
      own.isFree(last + 636, 8),
    ];
    expect(answers()).toEqual([false, false, false, false, false, false, true]);
    const end = own.withhold([at + 100, at + 200]);
    expect(answers()).toEqual([false, false, false, false, false, false, true]);
    own.free(at);
    expect(answers()).toEqual([false, true, false, true, true, false, true]);
    expect(own.allocate(640)).toBe(last + 640);
    expect(answers()).toEqual([false, true, false, true, true, false, false]);
    end();
    expect(answers()).toEqual([false, true, false, true, true, false, false]);
    expect(own.allocate(640)).toBe(at);
    expect(answers()).toEqual([false, false, false, false, false, false, false]);
  });
});
