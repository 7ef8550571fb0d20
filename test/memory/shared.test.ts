/** A heap over memory that threads share: growth leaves old views alive, and they count as views of it. */
import { afterEach, describe, expect, it } from "vitest";
import { reserveMemory } from "../../src/kernels/reserve.js";
import { Heap } from "../../src/memory/heap.js";
import { copyOut, locate } from "../../src/memory/staging.js";

const { Memory } = WebAssembly;
afterEach(() => {
  WebAssembly.Memory = Memory;
});

const canShare = (() => {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }) !== null;
  } catch {
    return false;
  }
})();

describe.runIf(canShare)("a heap over shared memory", () => {
  it("knows a view from before it grew, and where it lies", () => {
    const heap = new Heap(reserveMemory("Heap", true));
    const at = heap.allocate(4 * 8);
    const before = heap.view("float32", at, 8);
    heap.allocate(3 << 20);
    heap.allocate(3 << 20);
    const now = heap.view("float32", at, 8);
    expect(before.buffer).not.toBe(now.buffer);
    before[3] = 7;
    expect(now[3]).toBe(7);
    expect([before, now].map((view) => locate(heap, view))).toEqual([at, at]);
    expect(copyOut(heap, "float32", at, 8, before, at), "a result in place").toBe(before);
    // Pages that are not isolated have shared memories, but not the name of their buffers' class.
    const { buffer } = new Memory({ initial: 1, maximum: 1, shared: true });
    expect(heap.holds(buffer), "a buffer of somebody else").toBe(false);
    expect(heap.holds(new ArrayBuffer(8))).toBe(false);
  });

  it("asks for half the addresses where the engine refuses all, and says where it ends", () => {
    const asked = refusing(2);
    const { pages } = reserveMemory("Heap", true);
    WebAssembly.Memory = Memory;
    expect(asked).toEqual([65535, 32768, 16384]);
    expect(pages).toBe(16384);
    const heap = new Heap({ memory: new WebAssembly.Memory({ initial: 1, maximum: 40, shared: true }), pages: 40 });
    expect(() => heap.allocate(41 * 65536)).toThrow(/the limit is 2621440\)$/);
    expect(heap.allocate(30 * 65536)).toBe(1024);
  });

  it("tries nothing below 64 MiB, and passes on what the engine says", () => {
    const asked = refusing(99);
    expect(() => reserveMemory("Heap", true)).toThrow(/^Heap: out of memory/);
    expect(asked.at(-1)).toBe(1024);
    expect(asked).toHaveLength(7);
  });
});

/** An engine that refuses a memory so many times; returns the maximums that it is asked for. */
function refusing(times: number): number[] {
  const asked: number[] = [];
  class Refusing extends Memory {
    constructor(limits: WebAssembly.MemoryDescriptor) {
      asked.push(limits.maximum as number);
      if (asked.length <= times) throw new RangeError("no addresses");
      super(limits);
    }
  }
  WebAssembly.Memory = Refusing;
  return asked;
}
