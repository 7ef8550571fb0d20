/** The safetensors codec: what it writes, that it reads the same, and values as floats. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FORMATS,
  parseSafetensors,
  SAFETENSORS_DTYPES,
  type SafeTensor,
  toFloats,
  writeSafetensors,
} from "../../../src/formats/safetensors/index.js";
import { eachCase, expectError, wrong } from "../../support/cases.js";
import { property } from "../../support/safetensors.js";

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
        'the data of tensor "a", F64, must be a Float64Array, got a Float32Array',
      ],
      [{ __metadata__: tensor }, RangeError, 'no tensor can be called "__metadata__"'],
      [{ "\ud800": tensor }, RangeError, 'tensor "\\u{d800}" has half a surrogate pair, which UTF-8 cannot hold'],
      [new Map([[1, tensor]]), TypeError, "a tensor's name must be a string, got the number 1"],
    ];
    eachCase(cases, ([tensors, kind, message]) =>
      expectError(() => writeSafetensors(wrong(tensors)), kind, `writeSafetensors: ${message}`),
    );
    expectError(
      () => writeSafetensors(wrong([])),
      TypeError,
      "writeSafetensors: tensors must be a Map or a plain object, got an Array",
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
