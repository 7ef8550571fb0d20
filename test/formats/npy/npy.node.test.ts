/** The .npy files: as NumPy lays them out, as it once did, and broken. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../../src/formats/npy/npy.js";
import { eachCase, expectError, wrong } from "../../support/cases.js";
import { header, npy } from "../../support/npyFiles.js";
import { arrays, raw } from "./arrays.js";

/** A shape [2, , 2] with nothing in the middle. */
function holes(): number[] {
  const shape = [2, 0, 2];
  delete shape[1];
  return shape;
}

describe("readNpy", () => {
  it("reads every element type that writeNpy writes, bit for bit, from anywhere in a buffer", () => {
    eachCase(arrays, ([dtype, data]) => {
      const written = writeNpy(data, [2, 3]);
      const moved = new Uint8Array(written.length + 3);
      moved.set(written, 3);
      const array = readNpy(moved.subarray(3));
      expect(array).toEqual({ dtype, shape: [2, 3], data });
      expect(raw(array.data)).toEqual(raw(data));
    });
  });

  it("reads what NumPy writes: both orders, every version of the format, scalars and empty arrays", () => {
    const bytes = raw(Float32Array.of(0, 1, 2, 3, 4, 5));
    const columns = raw(Float32Array.of(0, 3, 1, 4, 2, 5));
    const expected = { dtype: "f4", shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) };
    expect(readNpy(npy(header("<f4", "False", "(2, 3)"), bytes))).toEqual(expected);
    expect(readNpy(npy(header("<f4", "True", "(2, 3)"), columns))).toEqual(expected);
    eachCase([2, 3], (version) =>
      expect(readNpy(npy(header("<f4", "False", "(2, 3)"), bytes, version))).toEqual(expected),
    );
    expect(readNpy(npy("{'shape':(2,3),'fortran_order':False,'descr':'<f4'}", bytes))).toEqual(expected);
    expect(readNpy(npy(header("<f4", "False", "(6,)"), bytes)).shape).toEqual([6]);
    expect(readNpy(npy(header("<f8", "False", "()"), raw(Float64Array.of(7))))).toEqual({
      dtype: "f8",
      shape: [],
      data: Float64Array.of(7),
    });
    expect(readNpy(npy(header("<f4", "True", "(0, 3)"), []))).toEqual({
      dtype: "f4",
      shape: [0, 3],
      data: new Float32Array(0),
    });
  });

  it("turns column-major arrays of any rank", () => {
    // Element (i, j, k) of 2 × 3 × 4 is 100·i + 10·j + k.
    const at = (i: number, j: number, k: number) => 100 * i + 10 * j + k;
    const [rows, columns]: number[][] = [[], []];
    for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) rows?.push(at(i, j, k));
    for (let k = 0; k < 4; k++) for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) columns?.push(at(i, j, k));
    const { data } = readNpy(npy(header("<i2", "True", "(2, 3, 4)"), raw(Int16Array.from(columns as number[]))));
    expect([...(data as Int16Array)]).toEqual(rows);
  });

  it("turns column-major floats without a change to the bits of a NaN", () => {
    const nans = raw(Uint32Array.of(0x7f800001, 0xff812345, 0x7fc00000, 0xffffffff));
    const { data } = readNpy(npy(header("<f4", "True", "(2, 2)"), nans));
    expect([...new Uint32Array(data.buffer)]).toEqual([0x7f800001, 0x7fc00000, 0xff812345, 0xffffffff]);
    const wide = raw(BigUint64Array.of(0x7ff0000000000001n, 1n, 0xfff4000000000002n, 3n));
    const doubles = readNpy(npy(header("<f8", "True", "(2, 2)"), wide)).data;
    expect([...new BigUint64Array(doubles.buffer)]).toEqual([0x7ff0000000000001n, 0xfff4000000000002n, 1n, 3n]);
  });

  it("reads half precision as float32, and booleans as 0 and 1", () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00, 0x8000);
    expect(readNpy(npy(header("<f2", "False", "(6,)"), raw(halves)))).toEqual({
      dtype: "f2",
      shape: [6],
      data: Float32Array.of(1, -2, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN, -0),
    });
    expect(readNpy(npy(header("|b1", "True", "(2, 2)"), [1, 0, 1, 0])).data).toEqual(Uint8Array.of(1, 1, 0, 0));
  });

  it("refuses malformed files, and arrays that it does not know, with the numbers", () => {
    const good = npy(header("<f4", "False", "(2, 3)"), new Uint8Array(24));
    const changed = (at: number, value: number) => {
      const bytes = good.slice();
      bytes[at] = value;
      return bytes;
    };
    const types = "supported are, in little-endian order, f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1";
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(0), "no .npy file: the first bytes are []"],
      [changed(1, 0x6e), "no .npy file: the first bytes are [147,110,85,77,80,89]"],
      [changed(6, 4), "version 4.0 of the format, expected 1.0, 2.0 or 3.0"],
      [changed(7, 5), "version 1.5 of the format, expected 1.0, 2.0 or 3.0"],
      [changed(9, 1), "the header ends at 384, beyond the file's 152 bytes"],
      [
        npy(header("<f4", "False", "(1,)").padEnd(10_040), [0, 0, 0, 0]),
        "the header has 10102 bytes, more than the 10000 allowed",
      ],
      [good.subarray(0, 151), "23 bytes of data, expected 24 = f4 × [2,3]"],
      [npy(header("<f4", "False", "(2, 3)"), new Uint8Array(25)), "25 bytes of data, expected 24 = f4 × [2,3]"],
      [npy(header(">f4", "False", "(1,)"), [0, 0, 0, 0]), `elements of type ">f4"; ${types}`],
      [npy(header("<c8", "False", "(1,)"), new Uint8Array(8)), `elements of type "<c8"; ${types}`],
      [npy(header("<U3", "False", "(1,)"), new Uint8Array(12)), `elements of type "<U3"; ${types}`],
      [npy(header("|O", "False", "(1,)"), new Uint8Array(8)), `elements of type "|O"; ${types}`],
    ];
    eachCase(cases, ([bytes, message]) => expectError(() => readNpy(bytes), RangeError, `readNpy: ${message}`));
    expectError(() => readNpy(wrong([1])), TypeError, "readNpy: bytes must be a Uint8Array, got an Array");
  });

  it("takes bytes of another realm and subclasses of Uint8Array, and refuses detached ones", () => {
    const file = writeNpy(Float32Array.of(1, 2));
    class Odd extends Uint8Array<ArrayBuffer> {
      override subarray(): Uint8Array<ArrayBuffer> {
        throw new Error("called");
      }
      override get length() {
        return 3;
      }
    }
    const foreign = runInNewContext("new Uint8Array(bytes)", { bytes: [...file] });
    eachCase([foreign, new Odd(file.buffer), Buffer.from(file)], (bytes) =>
      expect(readNpy(bytes).data).toEqual(Float32Array.of(1, 2)),
    );
    const message = "readNpy: bytes is detached: its buffer was transferred, or shrank";
    structuredClone(file.buffer, { transfer: [file.buffer] });
    expectError(() => readNpy(file), TypeError, message);
  });

  it("reads up to maxBytes of data", () => {
    const file = writeNpy(Float32Array.of(1, 2));
    expect(readNpy(file, { maxBytes: 8 }).data.length).toBe(2);
    expect(readNpy(file, { maxBytes: Number.POSITIVE_INFINITY }).data.length).toBe(2);
    const beyond = "readNpy: 8 bytes of data are declared, more than options.maxBytes 7";
    expectError(() => readNpy(file, { maxBytes: 7 }), RangeError, beyond);
    const number = "readNpy: options.maxBytes must be a number, got a string";
    expectError(() => readNpy(file, { maxBytes: wrong("7") }), TypeError, number);
  });
});

describe("writeNpy", () => {
  it("refuses what is no array of numbers and shapes that do not fit", () => {
    const gone = new Float32Array(2);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const cases: [unknown[], typeof TypeError, string][] = [
      [[[1, 2]], TypeError, "data must be a typed array that NumPy has, got an Array"],
      [[new DataView(new ArrayBuffer(8))], TypeError, "data must be a typed array that NumPy has, got a DataView"],
      [[new Uint8ClampedArray(1)], TypeError, "data must be a typed array that NumPy has, got an Uint8ClampedArray"],
      [[gone], TypeError, "data is detached"],
      [[Float32Array.of(1, 2), [3]], RangeError, "data has 2 values, expected 3 = [3]"],
      [[Float32Array.of(1, 2), []], RangeError, "data has 2 values, expected 1 = []"],
      [[Float32Array.of(1, 2), [-2]], RangeError, "the shape of data must be whole numbers, got [-2]"],
      [[Float32Array.of(1, 2), 2], RangeError, "the shape of data must be whole numbers, got 2"],
      [[Float32Array.of(1, 2), holes()], RangeError, "the shape of data must be whole numbers, got [2,a undefined,2]"],
      [[Float32Array.of(1), Array(65).fill(1)], RangeError, "the shape of data has 65 sizes, NumPy takes at most 64"],
    ];
    eachCase(cases, ([args, kind, message]) =>
      expectError(() => (writeNpy as (...args: unknown[]) => unknown)(...args), kind, `writeNpy: ${message}`),
    );
  });
});
