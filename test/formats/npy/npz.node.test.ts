/** The .npz archives: as NumPy writes them, picked from, and with every field of the format wrong. */
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeNpy } from "../../../src/formats/npy/npy.js";
import { type NpzOptions, readNpz, writeNpz } from "../../../src/formats/npy/npz.js";
import { eachCase, expectError, wrong } from "../../support/cases.js";
import { checksum, type ZipEnd, type ZipMember, zipOf } from "../../support/zip.js";

/** numpy.savez_compressed(file, w=numpy.float32([1, 2]), n=numpy.int64(7)), by NumPy 1.24.2. */
const NPZ = Buffer.from(
  "UEsDBBQAAAAIAAAAIQCayqvnTAAAAIgAAAAFABQAdy5ucHkBABAAiAAAAAAAAABMAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Ce" +
    "ll9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC4GhgZ7BgYGBwBQSwMEFAAAAAgAAAAhACO48GxGAAAAiAAAAAUAFABuLm5weQEA" +
    "EACIAAAAAAAAAEYAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkamjoKtQoUAS52" +
    "BggAAFBLAQIUAxQAAAAIAAAAIQCayqvnTAAAAIgAAAAFAAAAAAAAAAAAAACAAQAAAAB3Lm5weVBLAQIUAxQAAAAIAAAAIQAjuPBsRgAAAIgAAAAF" +
    "AAAAAAAAAAAAAACAAYMAAABuLm5weVBLBQYAAAAAAgACAGYAAAAAAQAAAAA=",
  "base64",
);

const one = writeNpy(Float32Array.of(1));
const a: ZipMember = { name: "a.npy", content: one };
const read = { dtype: "f4", shape: [1], data: Float32Array.of(1) };

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
    const file = writeNpy(Float32Array.of(1, 2, 3));
    file[Buffer.from(file).indexOf("(3,)") + 1] = "4".charCodeAt(0);
    const bytes = zipOf([{ name: "w.npy", content: file }]);
    expectError(() => readNpz(bytes), RangeError, `readNpz: "w.npy": ${member}, expected 16 = f4 × [4]`);
    expect(() => readNpz(new Uint8Array(30))).toThrow(/^readNpz: no zip archive that can be read: ./);
    expectError(() => readNpz(wrong("a.npz")), TypeError, "readNpz: bytes must be a Uint8Array, got a string");
    const write = (arrays: unknown) => () => writeNpz(wrong(arrays));
    expectError(write([]), TypeError, "writeNpz: arrays must be a Map or a plain object, got an Array");
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

  it("read every form of the format: stored or deflated, with 64-bit fields, comments, names of any alphabet", () => {
    const members: [ZipMember, string][] = [
      [a, "a"],
      [{ ...a, method: 0 }, "a"],
      [{ ...a, zip64: true }, "a"],
      [{ ...a, name: "слой/0.npy" }, "слой/0"],
      // Code page 437.
      [{ ...a, name: Uint8Array.of(0x84, 0xe1, 0xff, 0x2e, 0x6e, 0x70, 0x79) }, "äß\u00a0"],
      [{ ...a, name: "__proto__.npy" }, "__proto__"],
      [{ ...a, name: ".npy" }, ""],
    ];
    const ends: ZipEnd[] = [{}, { zip64: true }, { comment: "PK\u0005\u0006 and more" }];
    eachCase(members, ([member, name]) =>
      eachCase(ends, (end) => expect([...readNpz(zipOf([member], end))]).toEqual([[name, read]])),
    );
    expect(readNpz(zipOf([]))).toEqual(new Map());
    expect(readNpz(zipOf([{ name: "notes.txt", content: Buffer.from("hello") }, a]))).toEqual(new Map([["a", read]]));
  });

  it("read the members that are asked for, and leave the others alone", () => {
    const text: ZipMember = { name: "text.npy", content: Buffer.from("no array"), crc: 0 };
    const archive = zipOf([a, text, { ...a, name: "b.npy" }]);
    const names = (members: NpzOptions["members"]) => [...readNpz(archive, { members }).keys()];
    expect(names(["b", "a", "b"])).toEqual(["b", "a"]);
    expect(names([])).toEqual([]);
    expect(names((name) => name !== "text")).toEqual(["a", "b"]);
    const cases: [unknown, typeof TypeError, string][] = [
      [undefined, RangeError, `"text.npy" has the checksum ${checksum(text.content)}, expected 0`],
      [["c"], RangeError, 'it has no "c"; there are "a", "text", "b"'],
      ["a", TypeError, "options.members must be an array of names or a function, got a string"],
      [[1], TypeError, "options.members must be an array of names or a function, got an Array"],
    ];
    eachCase(cases, ([members, kind, message]) =>
      expectError(() => readNpz(archive, { members: wrong(members) }), kind, `readNpz: ${message}`),
    );
    expectError(
      () => readNpz(archive, wrong({ only: [] })),
      RangeError,
      'readNpz: options has no "only"; there are maxBytes, members',
    );
  });

  it("read up to maxBytes, counting what is asked for alone", () => {
    const archive = zipOf([a, { ...a, name: "b.npy" }]);
    expect(readNpz(archive, { maxBytes: 2 * one.length }).size).toBe(2);
    expect(readNpz(archive, { maxBytes: one.length, members: ["b"] }).size).toBe(1);
    const beyond = "readNpz: 264 bytes of data are declared, more than options.maxBytes 263";
    expectError(() => readNpz(archive, { maxBytes: 263 }), RangeError, beyond);
  });

  it("take Maps and bytes of another realm, and refuse what would be read as empty", () => {
    const data = Float32Array.of(1);
    const foreign = runInNewContext('new Map([["a", { data, shape: [1] }]])', { data });
    expect(writeNpz(foreign)).toEqual(writeNpz({ a: { data } }));
    expect(
      readNpz(runInNewContext("new Uint8Array(bytes)", { bytes: [...writeNpz({ a: { data } })] })).get("a"),
    ).toEqual(read);
    const cases: [unknown, string][] = [
      [new Set([data]), "arrays must be a Map or a plain object, got a Set"],
      [new Proxy(new Map(), {}), "arrays must be a Map or a plain object, got a Map"],
      [new Map([[1, { data }]]), "an array's name must be a string, got the number 1"],
    ];
    eachCase(cases, ([arrays, message]) =>
      expectError(() => writeNpz(wrong(arrays)), TypeError, `writeNpz: ${message}`),
    );
  });

  it("write no name that would be another in the file", () => {
    const array = { data: Float32Array.of(1) };
    const half = 'writeNpz: "\\u{d800}" has half a surrogate pair, which UTF-8 cannot hold';
    expectError(() => writeNpz({ "\ud800": array, "\ud801": array }), RangeError, half);
    const long = `writeNpz: "${"x".repeat(60)}…" (21844 characters) is too long for a name, expected at most 21843`;
    expectError(() => writeNpz({ ["x".repeat(21_844)]: array }), RangeError, long);
    expect([...readNpz(writeNpz({ ["ж".repeat(21_843)]: array, "😀": array })).keys()][1]).toBe("😀");
  });

  it("hold together when the function that picks takes the bytes away", () => {
    const archive = zipOf([a]);
    const take = () => structuredClone(archive.buffer, { transfer: [archive.buffer] }) !== null;
    const message = "readNpz: bytes is detached: its buffer was transferred, or shrank";
    expectError(() => readNpz(archive, { members: take }), TypeError, message);
  });
});
