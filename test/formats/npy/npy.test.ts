/** The .npy and .npz files: against bytes that NumPy 1.24 wrote, and broken. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNpy, readNpz, writeNpy, writeNpz } from "../../../src/formats/npy/npy.js";
import { eachCase, expectError, wrong } from "../../support/cases.js";
import { arrays, raw } from "./arrays.js";

/** A file as NumPy lays it out: the header padded with spaces to a multiple of 64. */
function npy(dictionary: string, data: ArrayLike<number>, version = 1): Uint8Array {
  const from = version === 1 ? 10 : 12;
  const start = Math.ceil((from + dictionary.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + data.length);
  bytes.set([0x93, ...Buffer.from("NUMPY"), version, 0]);
  new DataView(bytes.buffer).setUint16(8, start - from, true);
  bytes.set(Buffer.from(`${dictionary.padEnd(start - from - 1)}\n`), from);
  bytes.set(data, start);
  return bytes;
}

const header = (descr: string, order: string, shape: string) =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

/** numpy.savez_compressed(file, w=numpy.float32([1, 2]), n=numpy.int64(7)), by NumPy 1.24.2. */
const NPZ = Buffer.from(
  "UEsDBBQAAAAIAAAAIQCayqvnTAAAAIgAAAAFABQAdy5ucHkBABAAiAAAAAAAAABMAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Ce" +
    "ll9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC4GhgZ7BgYGBwBQSwMEFAAAAAgAAAAhACO48GxGAAAAiAAAAAUAFABuLm5weQEA" +
    "EACIAAAAAAAAAEYAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkamjoKtQoUAS52" +
    "BggAAFBLAQIUAxQAAAAIAAAAIQCayqvnTAAAAIgAAAAFAAAAAAAAAAAAAACAAQAAAAB3Lm5weVBLAQIUAxQAAAAIAAAAIQAjuPBsRgAAAIgAAAAF" +
    "AAAAAAAAAAAAAACAAYMAAABuLm5weVBLBQYAAAAAAgACAGYAAAAAAQAAAAA=",
  "base64",
);

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
    const plain = "the header must give descr, fortran_order and shape of a plain array, got";
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(0), "no .npy file: the first bytes are []"],
      [changed(1, 0x6e), "no .npy file: the first bytes are [147,110,85,77,80,89]"],
      [changed(6, 4), "version 4 of the format, expected 1, 2 or 3"],
      [changed(9, 1), "the header ends at 384, beyond the file's 152 bytes"],
      [changed(8, 117), "the data begins at 127, which is not a multiple of 8"],
      [good.subarray(0, 151), "23 bytes of data, expected 24 = f4 × [2,3]"],
      [npy(header("<f4", "False", "(2, 3)"), new Uint8Array(25)), "25 bytes of data, expected 24 = f4 × [2,3]"],
      [npy(header(">f4", "False", "(1,)"), [0, 0, 0, 0]), `elements of type ">f4"; ${types}`],
      [npy(header("<c8", "False", "(1,)"), new Uint8Array(8)), `elements of type "<c8"; ${types}`],
      [npy(header("<U3", "False", "(1,)"), new Uint8Array(12)), `elements of type "<U3"; ${types}`],
      [npy(header("|O", "False", "(1,)"), new Uint8Array(8)), `elements of type "|O"; ${types}`],
    ];
    eachCase(cases, ([bytes, message]) => expectError(() => readNpy(bytes), RangeError, `readNpy: ${message}`));
    const dictionaries = [
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
      "{'descr': '<f4', 'shape': (1,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1L,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': 1, }",
      "['<f4']",
      "",
    ];
    eachCase(dictionaries, (text) =>
      expectError(() => readNpy(npy(text, [0, 0, 0, 0])), RangeError, `readNpy: ${plain} ${text}`),
    );
    expectError(() => readNpy(wrong([1])), TypeError, "readNpy: bytes must be a Uint8Array, got an Array");
  });
});

describe("writeNpy", () => {
  it("refuses what is no array of numbers and shapes that do not fit", () => {
    const cases: [unknown[], typeof TypeError, string][] = [
      [[[1, 2]], TypeError, "data must be a typed array that NumPy has, got an Array"],
      [[new DataView(new ArrayBuffer(8))], TypeError, "data must be a typed array that NumPy has, got a DataView"],
      [[Float32Array.of(1, 2), [3]], RangeError, "data has 2 values, expected 3 = [3]"],
      [[Float32Array.of(1, 2), []], RangeError, "data has 2 values, expected 1 = []"],
      [[Float32Array.of(1, 2), [-2]], RangeError, "the shape of data must be whole numbers, got [-2]"],
      [[Float32Array.of(1, 2), 2], RangeError, "the shape of data must be whole numbers, got 2"],
    ];
    eachCase(cases, ([args, kind, message]) =>
      expectError(() => (writeNpy as (...args: unknown[]) => unknown)(...args), kind, `writeNpy: ${message}`),
    );
  });
});

describe("readNpz and writeNpz", () => {
  it("read an archive that NumPy compressed", () => {
    expect(readNpz(NPZ)).toEqual(
      new Map<string, unknown>([
        ["w", { dtype: "f4", shape: [2], data: Float32Array.of(1, 2) }],
        ["n", { dtype: "i8", shape: [], data: BigInt64Array.of(7n) }],
      ]),
    );
  });

  it("give back what was written, compressed or not, and the same bytes each time", () => {
    const data = new Float32Array(1000);
    const source = { "0.weight": { data, shape: [10, 100] }, "0.bias": { data: Float64Array.of(1, 2) } };
    const expected = [
      ["0.weight", { dtype: "f4", shape: [10, 100], data }],
      ["0.bias", { dtype: "f8", shape: [2], data: Float64Array.of(1, 2) }],
    ];
    eachCase([false, true], (compress) => {
      const bytes = writeNpz(source, { compress });
      expect([...readNpz(bytes)]).toEqual(expected);
      expect(writeNpz(new Map(Object.entries(source)), { compress })).toEqual(bytes);
      expect(bytes.length < 4000).toBe(compress);
    });
  });

  it("refuse what is no archive, what is no array, and name the member at fault", () => {
    const member = "12 bytes of data";
    const bytes = writeNpz({ w: { data: Float32Array.of(1, 2, 3) } });
    const at = Buffer.from(bytes).indexOf("(3,)") + 1;
    bytes[at] = "4".charCodeAt(0);
    expectError(() => readNpz(bytes), RangeError, `readNpz: "w.npy": ${member}, expected 16 = f4 × [4]`);
    expect(() => readNpz(new Uint8Array(30))).toThrow(/^readNpz: no zip archive that can be read: ./);
    expectError(() => readNpz(wrong("a.npz")), TypeError, "readNpz: bytes must be a Uint8Array, got a string");
    const write = (arrays: unknown) => () => writeNpz(wrong(arrays));
    expectError(write([]), TypeError, "writeNpz: arrays must be an object, got an Array");
    expectError(write({ w: null }), TypeError, 'writeNpz: "w" must be an object, got null');
    const shape = { data: Float32Array.of(1), shape: [2] };
    expectError(write({ w: shape }), RangeError, 'writeNpz: "w" has 1 values, expected 2 = [2]');
    const options = 'writeNpz: options has no "level"; there are compress';
    expectError(() => writeNpz({}, wrong({ level: 9 })), RangeError, options);
  });

  it("read or refuse clearly every file with a changed byte", () => {
    const whole = [NPZ, writeNpz({ a: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] } })];
    let refused = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.nat(10_000),
        fc.integer({ min: 1, max: 255 }),
        (file, place, change) => {
          const bytes = new Uint8Array(file);
          const at = place % bytes.length;
          bytes[at] = (bytes[at] as number) ^ change;
          try {
            readNpz(bytes);
          } catch (error) {
            refused++;
            expect((error as Error).constructor, `byte ${at} ^ ${change}`).toBe(RangeError);
            expect((error as Error).message).toMatch(/^readNpz: ./);
          }
        },
      ),
      { numRuns: 1000, seed: 1 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
