/** Values of other realms, of subclasses, and behind proxies. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { readArray } from "../../src/common/arrays.js";
import { bytesOf, bytesUnder, plainView, plainViewOf, typedArrayName } from "../../src/common/bytes.js";
import type { DType } from "../../src/common/dtype.js";
import { isDead } from "../../src/common/realm.js";
import { entriesOf, isMap, isPlainObject } from "../../src/common/records.js";
import { eachCase } from "../support/cases.js";

/** Every method and getter lies, and the constructor takes other arguments. */
class Liar extends Float32Array {
  constructor(rows: number, columns: number) {
    super(rows * columns);
  }
  override get length() {
    return 1_000_000;
  }
  override get buffer(): ArrayBuffer {
    throw new Error("called");
  }
  override subarray(): Float32Array<ArrayBuffer> {
    throw new Error("called");
  }
  override get [Symbol.toStringTag](): "Float32Array" {
    return "Map" as "Float32Array";
  }
}

describe("readArray, for a buffer that is kept", () => {
  const buffer = new ArrayBuffer(64);
  const read = (value: unknown, dtype: DType = "float32", kept = buffer) => readArray("f", "x", value, dtype, kept);

  it("is the same view as long as the array shows the same elements, and lies in the buffer", () => {
    const array = new Float32Array(buffer, 8, 4);
    Object.defineProperty(array, "length", { value: 99 });
    const view = read(array);
    expect(view).not.toBe(array);
    expect([view.buffer, view.byteOffset, view.length]).toEqual([buffer, 8, 4]);
    expect(read(array)).toBe(view);
    expect(readArray("f", "x", array, "float32"), "nobody else's").not.toBe(view);
    expect(() => read(array, "float64")).toThrow("f: x must be a Float64Array, got a Float32Array");
    const elsewhere = new Float32Array(4);
    expect(read(elsewhere)).not.toBe(read(elsewhere));
    eachCase([undefined, null, 1, {}, new Proxy(array, {})], (value) =>
      expect(() => read(value)).toThrow("f: x must be a Float32Array, got "),
    );
  });

  it("is another one when the array has another length by now, and none when its bytes are gone", () => {
    const resizable = new (ArrayBuffer as never as new (length: number, options: object) => ArrayBuffer)(16, {
      maxByteLength: 64,
    });
    const tracking = new Float32Array(resizable);
    expect(read(tracking, "float32", resizable)).toHaveLength(4);
    for (const length of [6, 2]) {
      (resizable as never as { resize(bytes: number): void }).resize(length * 4);
      expect(read(tracking, "float32", resizable)).toHaveLength(length);
    }
    const array = new Float32Array(buffer);
    expect(read(array)).toHaveLength(16);
    structuredClone(buffer, { transfer: [buffer] });
    expect(() => read(array)).toThrow("f: x is detached");
  });
});

describe("plainView", () => {
  it("reads every class of another realm in place", () => {
    const names = [
      ...["Float32Array", "Float64Array", "Int8Array", "Int16Array", "Int32Array", "BigInt64Array", "Uint8Array"],
      ...["Uint8ClampedArray", "Uint16Array", "Uint32Array", "BigUint64Array"],
    ] as const;
    eachCase(names, (name) => {
      const foreign = runInNewContext(`new ${name}(new ${name}(4).buffer, ${name}.BYTES_PER_ELEMENT, 2)`);
      expect(typedArrayName(foreign)).toBe(name);
      const view = plainViewOf(foreign);
      expect(view?.constructor).toBe(globalThis[name as "Int8Array"]);
      expect(view?.length).toBe(2);
      expect(view?.buffer).toBe(foreign.buffer);
      expect(view?.byteOffset).toBe(foreign.BYTES_PER_ELEMENT);
    });
  });

  it("sees through subclasses and own properties, and calls nothing of theirs", () => {
    const odd = new Liar(2, 3);
    odd[5] = 7;
    expect(typedArrayName(odd)).toBe("Float32Array");
    expect([...(plainView(odd, "Float32Array") ?? [])]).toEqual([0, 0, 0, 0, 0, 7]);
    const own = Object.assign(Uint8Array.of(1, 2), { constructor: null });
    Object.defineProperty(own, "byteLength", { value: 99 });
    expect(bytesOf(own)).toEqual(Uint8Array.of(1, 2));
    expect(bytesOf(Buffer.from([3]))?.constructor).toBe(Uint8Array);
    expect(bytesUnder(Uint16Array.of(0x201))).toEqual(Uint8Array.of(1, 2));
  });

  it("is undefined for anything else", () => {
    const others = [
      null,
      undefined,
      3,
      "ab",
      [],
      {},
      new DataView(new ArrayBuffer(1)),
      new Proxy(Uint8Array.of(1), {}),
    ];
    eachCase([...others, { [Symbol.toStringTag]: "Uint8Array" }, Float32Array.of(1)], (value) =>
      expect(bytesOf(value)).toBeUndefined(),
    );
  });

  it("tells arrays whose bytes are gone from empty ones", () => {
    const gone = new Uint8Array(4);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect([isDead(gone), bytesOf(gone)]).toEqual([true, undefined]);
    type Resizable = ArrayBuffer & { resize(length: number): void };
    const resizable = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 8 }]) as Resizable;
    const beyond = new Uint8Array(resizable, 4, 4);
    resizable.resize(2);
    expect([isDead(beyond), bytesOf(beyond)]).toEqual([true, undefined]);
    expect([isDead(new Uint8Array(0)), bytesOf(new Uint8Array(0))]).toEqual([false, new Uint8Array(0)]);
  });
});

describe("entriesOf", () => {
  it("reads Maps and object literals of any realm, in their order", () => {
    const pairs = [
      ["b", 1],
      ["a", 2],
    ];
    class Odd extends Map<string, number> {
      override get size() {
        return 0;
      }
      override entries(): MapIterator<[string, number]> {
        throw new Error("called");
      }
      override forEach() {}
    }
    const odd = new Odd([
      ["b", 1],
      ["a", 2],
    ]);
    const taken = [
      { b: 1, a: 2 },
      Object.assign(Object.create(null), { b: 1, a: 2 }),
      odd,
      runInNewContext("({ b: 1, a: 2 })"),
      runInNewContext('new Map([["b", 1], ["a", 2]])'),
    ];
    eachCase(taken, (value) => expect(entriesOf(value)).toEqual(pairs));
    expect(isMap(odd)).toBe(true);
    expect(isPlainObject(odd)).toBe(false);
  });

  it("is undefined for what would be read as empty", () => {
    const others = [null, undefined, "ab", 3, [], new Set([1]), new Date(0), new Proxy(new Map([["a", 1]]), {})];
    eachCase([...others, new (class {})(), runInNewContext("new Set([1])"), new WeakMap()], (value) =>
      expect(entriesOf(value)).toBeUndefined(),
    );
  });
});
