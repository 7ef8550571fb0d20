/** The safetensors codec: what it reads and writes, and that no broken file gets past it. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FORMATS,
  parseSafetensors,
  SAFETENSORS_DTYPES,
  type SafeTensor,
  toFloats,
  writeSafetensors,
} from "../src/nn/safetensors/index.js";
import { eachCase, expectError, wrong } from "./cases.js";
import { setting } from "./environment.js";

const property = (runs = 200) => ({
  numRuns: Number(setting("AFFINE_RUNS") ?? runs),
  seed: Number(setting("AFFINE_SEED") ?? 1),
});

/** A file with this header, as it stands, and so many bytes of data. */
function file(header: string | object, dataBytes = 0, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  for (let i = 0; i < dataBytes; i++) bytes[8 + text.length + i] = i;
  return bytes;
}

const info = (dtype: string, shape: unknown, begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const bytesOf = ({ data }: SafeTensor) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const tensors: fc.Arbitrary<SafeTensor> = fc
  .tuple(fc.constantFrom(...SAFETENSORS_DTYPES), fc.array(fc.nat(4), { maxLength: 3 }))
  .chain(([dtype, sizes]) => {
    // An even count, whole bytes of every type but the 6-bit ones, which need four.
    const shape = dtype.startsWith("F6") || dtype === "F4" ? [...sizes, 4] : sizes;
    const { bits, array } = FORMATS[dtype];
    const length = (shape.reduce((a, b) => a * b, 1) * bits) / 8;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
      return { dtype, shape, data: new array(Uint8Array.from(bytes).buffer) } as SafeTensor;
    });
  });

const names = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("0.weight", "0", "1", "__proto__", "constructor", 'a"b\\', "", "ключ"),
);

describe("writeSafetensors and parseSafetensors", () => {
  it("give every tensor and all metadata back, bit for bit, at any alignment of the file", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(names, tensors), { selector: ([name]) => name, maxLength: 5 }),
        fc.dictionary(names, fc.string({ unit: "grapheme" }), { maxKeys: 3 }),
        fc.nat(8),
        (entries, metadata, offset) => {
          const written = writeSafetensors(new Map(entries), metadata);
          const moved = new Uint8Array(offset + written.length);
          moved.set(written, offset);
          const parsed = parseSafetensors(moved.subarray(offset));
          expect(Object.entries(parsed.metadata).sort()).toEqual(Object.entries(metadata).sort());
          expect([...parsed.tensors.keys()].sort()).toEqual(entries.map(([name]) => name).sort());
          for (const [name, tensor] of entries) {
            const read = parsed.tensors.get(name) as SafeTensor;
            expect(read.dtype).toBe(tensor.dtype);
            expect(read.shape).toEqual(tensor.shape);
            expect(read.data.constructor).toBe(tensor.data.constructor);
            expect(bytesOf(read)).toEqual(bytesOf(tensor));
          }
        },
      ),
      property(),
    );
  });

  it("write the same bytes whatever the order of the tensors, wider elements first, all data aligned", () => {
    const a: SafeTensor = { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) };
    const b: SafeTensor = { dtype: "F64", shape: [], data: Float64Array.of(0.5) };
    const c: SafeTensor = { dtype: "F32", shape: [1, 2], data: Float32Array.of(1, 2) };
    const bytes = writeSafetensors({ a, b, c });
    const shuffled = new Map<string, SafeTensor>(Object.entries({ c, a, b }));
    expect(writeSafetensors(shuffled)).toEqual(bytes);
    const { tensors } = parseSafetensors(bytes);
    expect([...tensors.keys()]).toEqual(["b", "c", "a"]);
    // Views, not copies.
    eachCase(tensors.values(), ({ data }) => expect(data.buffer).toBe(bytes.buffer));
  });

  it("write the bytes that the format describes", () => {
    const data = Float32Array.of(1, -2);
    const bytes = writeSafetensors({ w: { dtype: "F32", shape: [2, 1], data } }, { from: "test" });
    const header = '{"__metadata__":{"from":"test"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}'.padEnd(88);
    expect(new TextDecoder().decode(bytes.subarray(8, 96))).toBe(header);
    expect([...bytes.subarray(0, 8)]).toEqual([88, 0, 0, 0, 0, 0, 0, 0]);
    expect([...bytes.subarray(96)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });
});

describe("parseSafetensors", () => {
  it("reads an empty file, empty tensors, scalars, null metadata and unknown fields, as the reference does", () => {
    expect(parseSafetensors(file("{}"))).toEqual({ tensors: new Map(), metadata: {} });
    const { tensors } = parseSafetensors(
      file(
        {
          __metadata__: null,
          none: info("F32", [0, 3], 2, 2),
          s: { ...info("I16", [], 0, 2), later: 1 },
          e: info("U8", [0], 0, 0),
        },
        2,
      ),
    );
    expect([...tensors.keys()]).toEqual(["e", "s", "none"]);
    expect(tensors.get("s")?.data).toEqual(Int16Array.of(256));
    expect(tensors.get("none")?.data).toEqual(new Float32Array(0));
  });

  it("refuses a malformed file with the tensor and the numbers", () => {
    const f32 = info("F32", [2], 0, 8);
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(7), "7 bytes, too short for the header's length of 8"],
      [file("{}", 0, 3n), "the header ends at 11, beyond the file's 10 bytes"],
      [file("{}", 0, 2n ** 64n - 1n), "the header has 18446744073709551615 bytes, more than the 100000000 allowed"],
      [file("[]"), 'the header must begin with "{", got "["'],
      [file(" {}"), 'the header must begin with "{", got " "'],
      [file('"a"'), 'the header must begin with "{", got "\\""'],
      [file('{"a":{},"a":{}}'), 'the header has "a" twice'],
      [file('{"\\u0061":{},"a"   :{}}'), 'the header has "a" twice'],
      [file(`{"a":{},"a"${" ".repeat(200)}:{}}`), 'the header has "a" twice'],
      [file('{"a":{"dtype":"F32","dtype":"F64"}}'), 'the header has "dtype" twice'],
      [file({ a: 1 }), 'tensor "a" must be an object, got 1'],
      [file({ a: null }), 'tensor "a" must be an object, got null'],
      [file({ a: [] }), 'tensor "a" must be an object, got []'],
      [file({ a: {} }), `tensor "a" has the dtype undefined; there are ${SAFETENSORS_DTYPES.join(", ")}`],
      [
        file({ a: info("f32", [], 0, 4) }),
        `tensor "a" has the dtype "f32"; there are ${SAFETENSORS_DTYPES.join(", ")}`,
      ],
      [file({ a: info("F32", [-1], 0, 4) }), 'tensor "a" has the shape [-1], expected whole numbers'],
      [file({ a: info("F32", [1.5], 0, 6) }), 'tensor "a" has the shape [1.5], expected whole numbers'],
      [file({ a: info("F32", "2", 0, 8) }), 'tensor "a" has the shape "2", expected whole numbers'],
      [
        file({ a: info("F32", [2 ** 60], 0, 8) }),
        'tensor "a" has the shape [1152921504606847000], expected whole numbers',
      ],
      [
        file({ a: info("F32", [2 ** 52, 2 ** 52], 0, 8) }, 8),
        'tensor "a" is F32 × [4503599627370496,4503599627370496], which is no whole number of bytes below 2⁵³',
      ],
      [file({ a: { ...f32, data_offsets: [0] } }), 'tensor "a" has the data_offsets [0], expected two whole numbers'],
      [
        file({ a: { ...f32, data_offsets: [0, 8, 9] } }),
        'tensor "a" has the data_offsets [0,8,9], expected two whole numbers',
      ],
      [file({ a: info("F32", [2], -8, 0) }), 'tensor "a" has the data_offsets [-8,0], expected two whole numbers'],
      [file({ a: info("F32", [2], 8, 0) }, 8), 'tensor "a" has -8 bytes from 8 to 0, expected 8 = F32 × [2]'],
      [file({ a: info("F32", [3], 0, 8) }, 8), 'tensor "a" has 8 bytes from 0 to 8, expected 12 = F32 × [3]'],
      [file({ a: info("F4", [3], 0, 1) }, 1), 'tensor "a" is F4 × [3], which is no whole number of bytes below 2⁵³'],
      [file({ a: f32 }, 7), 'tensor "a" ends at 8, beyond the 7 bytes of data'],
      [file({ a: f32 }, 9), "the tensors end at 8, but there are 9 bytes of data"],
      [file({}, 1), "the tensors end at 0, but there are 1 bytes of data"],
      [file({ a: info("U8", [2], 1, 3) }, 3), 'tensor "a" begins at 1, leaving a hole from 0'],
      [file({ a: f32, b: info("U8", [2], 9, 11) }, 11), 'tensor "b" begins at 9, leaving a hole from 8'],
      [
        file({ a: f32, b: info("U8", [8], 4, 12) }, 12),
        'tensor "b" begins at 4, within the one before, which ends at 8',
      ],
      [file({ a: f32, b: f32 }, 8), 'tensor "b" begins at 0, within the one before, which ends at 8'],
      [file({ __metadata__: [] }), "__metadata__ must be an object, got []"],
      [file({ __metadata__: { n: 1 } }), '__metadata__ "n" must be a string, got 1'],
    ];
    eachCase(cases, ([bytes, message]) =>
      expectError(() => parseSafetensors(bytes), RangeError, `parseSafetensors: ${message}`),
    );
    // The end of these messages is the engine's.
    eachCase(
      [file('{"a'), file(""), file("{}{}"), file("\ufeff{}"), Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff)],
      (bytes) =>
        expect(() => parseSafetensors(bytes)).toThrow(
          /^parseSafetensors: the header of \d+ bytes is not JSON in UTF-8: ./,
        ),
    );
  });

  it("reads or refuses clearly every change of a byte of the header, and writes to no file", () => {
    const whole = writeSafetensors(
      {
        "0.weight": { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        "0.bias": { dtype: "F64", shape: [3], data: Float64Array.of(1, 2, 3) },
        n: { dtype: "I64", shape: [], data: BigInt64Array.of(7n) },
      },
      { epoch: "3" },
    );
    const headerEnd = whole.length - 24 - 24 - 8;
    let refused = 0;
    fc.assert(
      fc.property(fc.nat(headerEnd - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = whole.slice();
        bytes[at] = (bytes[at] as number) ^ change;
        const before = bytes.slice();
        try {
          parseSafetensors(bytes);
        } catch (error) {
          refused++;
          expect((error as Error).constructor, `byte ${at} ^ ${change}`).toBe(RangeError);
          expect((error as Error).message).toMatch(/^parseSafetensors: ./);
        }
        expect(bytes).toEqual(before);
      }),
      property(2000),
    );
    expect(refused).toBeGreaterThan(0);
  });

  it("refuses every file that is cut short", () => {
    const whole = writeSafetensors({ a: { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } });
    eachCase(whole.keys(), (length) => {
      expect(() => parseSafetensors(whole.subarray(0, length))).toThrow(/^parseSafetensors: .*\d/);
    });
  });

  it("refuses anything but a Uint8Array", () => {
    eachCase([null, "file", new ArrayBuffer(8), new Float32Array(2)], (value) =>
      expect(() => parseSafetensors(wrong(value))).toThrow(/^parseSafetensors: bytes must be a Uint8Array, got /),
    );
  });
});

describe("writeSafetensors", () => {
  it("refuses what is no tensor, naming it", () => {
    const tensor = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) };
    const cases: [object, typeof TypeError, string][] = [
      [{ a: null }, TypeError, 'tensor "a" must be an object, got null'],
      [
        { a: { ...tensor, dtype: "F33" } },
        RangeError,
        `tensor "a" has the dtype "F33"; there are ${SAFETENSORS_DTYPES.join(", ")}`,
      ],
      [{ a: { ...tensor, shape: [2.5] } }, RangeError, 'tensor "a" has the shape [2.5], expected whole numbers'],
      [{ a: { ...tensor, shape: [3] } }, RangeError, 'tensor "a" has 8 bytes, expected 12 = F32 × [3]'],
      [
        { a: { ...tensor, dtype: "F64", shape: [1] } },
        TypeError,
        'tensor "a" of F64 must be in a Float64Array, got a Float32Array',
      ],
      [{ __metadata__: tensor }, RangeError, 'no tensor can be called "__metadata__"'],
      [{ "\ud800": tensor }, RangeError, 'tensor "\ud800" has half a surrogate pair, which UTF-8 cannot hold'],
      [new Map([[1, tensor]]), TypeError, "a tensor's name must be a string, got the number 1"],
    ];
    eachCase(cases, ([tensors, kind, message]) =>
      expectError(() => writeSafetensors(wrong(tensors)), kind, `writeSafetensors: ${message}`),
    );
    expectError(
      () => writeSafetensors(wrong([])),
      TypeError,
      "writeSafetensors: tensors must be an object, got an Array",
    );
    expectError(
      () => writeSafetensors({}, { epoch: wrong(3) }),
      TypeError,
      'writeSafetensors: metadata "epoch" must be a string, got the number 3',
    );
    expectError(
      () => writeSafetensors({}, { a: "\udc00" }),
      RangeError,
      'writeSafetensors: metadata "a" has half a surrogate pair, which UTF-8 cannot hold',
    );
  });
});

describe("toFloats", () => {
  it("gives the values of 16-bit floats: normal, subnormal, largest, infinite, not a number, either zero", () => {
    const half: [number, number][] = [
      [0x3c00, 1],
      [0xc000, -2],
      [0x3555, 0.333251953125],
      [0x7bff, 65504],
      [0x0400, 2 ** -14],
      [0x03ff, 1023 * 2 ** -24],
      [0x8001, -(2 ** -24)],
      [0x0000, 0],
      [0x8000, -0],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x7e00, Number.NaN],
      [0xfc01, Number.NaN],
    ];
    const brain: [number, number][] = [
      [0x3f80, 1],
      [0xc000, -2],
      [0x4049, 3.140625],
      [0x7f7f, 255 * 2 ** 120],
      [0x0001, 2 ** -133],
      [0x8000, -0],
      [0xff80, Number.NEGATIVE_INFINITY],
      [0x7fc0, Number.NaN],
    ];
    eachCase([["F16", half] as const, ["BF16", brain] as const], ([dtype, pairs]) => {
      const data = Uint16Array.from(pairs, ([bits]) => bits);
      const values = pairs.map(([, value]) => value);
      expect(toFloats({ dtype, shape: [data.length], data })).toEqual(Float32Array.from(values));
      expect(toFloats({ dtype, shape: [data.length], data }, "float64")).toEqual(Float64Array.from(values));
    });
  });

  it("converts between float32 and float64, into a new array", () => {
    const data = Float64Array.of(0.1, -1e300, 3);
    expect(toFloats({ dtype: "F64", shape: [3], data })).toEqual(Float32Array.of(0.1, Number.NEGATIVE_INFINITY, 3));
    const same = toFloats({ dtype: "F64", shape: [3], data }, "float64");
    expect(same).toEqual(data);
    expect(same.buffer).not.toBe(data.buffer);
    const single = Float32Array.of(0.1);
    expect(toFloats({ dtype: "F32", shape: [1], data: single }, "float64")).toEqual(Float64Array.of(Math.fround(0.1)));
  });

  it("refuses other types", () => {
    eachCase(["I64", "BOOL", "C64", "F8_E4M3"] as const, (dtype) => {
      const tensor = { dtype, shape: [0], data: new FORMATS[dtype].array(0) } as SafeTensor;
      const list = '"F16", "BF16", "F32", "F64"';
      expectError(() => toFloats(tensor), RangeError, `toFloats: tensor.dtype must be one of ${list}, got "${dtype}"`);
    });
  });
});
