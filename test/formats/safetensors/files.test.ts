/** Safetensors files of others, and broken ones: none gets past the parser. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSafetensors, SAFETENSORS_DTYPES, writeSafetensors } from "../../../src/formats/safetensors/index.js";
import { eachCase, expectError, wrong } from "../../support/cases.js";
import { property } from "../../support/safetensors.js";

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

const EMPTY = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';

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
      [file(`{"a":${EMPTY},"a":${EMPTY}}`), 'the header has "a" twice'],
      [file(`{"\\u0061":${EMPTY},"a"   :${EMPTY}}`), 'the header has "a" twice'],
      [file(`{"a":${EMPTY},"a"${" ".repeat(200)}:${EMPTY}}`), 'the header has "a" twice'],
      [file('{"a":{"dtype":"F32","dtype":"F64"}}'), 'tensor "a" has dtype twice'],
      [file('{"a":{"shape":[],"shape":[]}}'), 'tensor "a" has shape twice'],
      [file('{"__metadata__":{"a":"","a":""}}'), '__metadata__ has "a" twice'],
      [file({ a: 1 }), 'tensor "a" must be an object, got 1'],
      [file({ a: null }), 'tensor "a" must be an object, got null'],
      [file({ a: [] }), 'tensor "a" must be an object, got []'],
      [file({ a: {} }), 'tensor "a" has no dtype'],
      [file({ a: { dtype: "F32" } }), 'tensor "a" has no shape'],
      [file({ a: { dtype: "F32", shape: [] } }), 'tensor "a" has no data_offsets'],
      [file({ a: { dtype: 3 } }), `tensor "a" has the dtype "3"; there are ${SAFETENSORS_DTYPES.join(", ")}`],
      [
        file({ a: info("f32", [], 0, 4) }),
        `tensor "a" has the dtype "f32"; there are ${SAFETENSORS_DTYPES.join(", ")}`,
      ],
      [file({ a: info("F32", [-1], 0, 4) }), 'tensor "a" has the shape [-1], expected whole numbers'],
      [file({ a: info("F32", [1.5], 0, 6) }), 'tensor "a" has the shape [1.5], expected whole numbers'],
      [file({ a: info("F32", "2", 0, 8) }), 'tensor "a" has the shape "2", expected whole numbers'],
      [
        file('{"a":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,8]}}'),
        'tensor "a" has the shape [1152921504606846976], expected whole numbers',
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
    eachCase(
      [file('{"a'), file(""), file("{}{}"), file("{"), Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff)],
      (bytes) =>
        expect(() => parseSafetensors(bytes)).toThrow(
          /^parseSafetensors: the header of \d+ bytes is not JSON in UTF-8: ./,
        ),
    );
  });

  it("refuses what the reference implementation refuses as JSON, wherever it stands", () => {
    const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    const json = (what: string) =>
      new RegExp(`^parseSafetensors: the header of \\d+ bytes is not JSON in UTF-8: .*${what}`);
    const values: [string, RegExp][] = [
      ["1e999", json("the number at byte \\d+ is beyond float64$")],
      ["-1e999", json("beyond float64$")],
      ["1".repeat(400), json("beyond float64$")],
      ['"\\ud800"', json('"\\\\ud800" at byte \\d+ is half a surrogate pair$')],
      ['"\\udc00"', json("half a surrogate pair$")],
      ['"\\ud800\\u0041"', json("half a surrogate pair$")],
      [deep(126), json("it is nested more than 127 deep at byte \\d+$")],
      [deep(150), json("it is nested more than 127 deep")],
      ["01", json('expected "," or "}" at byte \\d+, got "1"$')],
      ["+1", json('expected a value at byte \\d+, got "\\+"$')],
      ["1.", json("expected a digit")],
      ["1e+", json("expected a digit")],
      ["NaN", json('expected a value at byte \\d+, got "N"$')],
      ["tru", json("expected a value")],
      ['"\\x41"', json('expected one of the characters "\\\\/bfnrtu')],
      ['"\\u12g4"', json('expected a hexadecimal digit at byte \\d+, got "g"$')],
      ['"\n"', json('expected a character of a string at byte \\d+, got "\\\\u{a}"$')],
      ["[1,]", json("expected a value")],
      ["{,}", json("expected a string")],
      ["1 2", json('expected "," or "}"')],
    ];
    eachCase(values, ([value, message]) => {
      expect(() => parseSafetensors(file(`{"a":${EMPTY.slice(0, -1)},"later":${value}}}`))).toThrow(message);
    });
    const good = [
      "1e-999",
      "0e999",
      "-0",
      "1.5E+3",
      deep(125),
      '"\\ud83d\\ude00\\u0000\\/"',
      '{"a":1,"a":2}',
      '"\u007f"',
    ];
    eachCase(good, (value) => {
      const { tensors } = parseSafetensors(file(`{"a":${EMPTY.slice(0, -1)},"later":${value}}}`));
      expect([...tensors.keys()]).toEqual(["a"]);
    });
    const shapes = ["[2.0]", "[2e0]", "[-0]", "[-2]", "[[2]]", '["2"]', "[9007199254740992]", "{}", "null"];
    eachCase(shapes, (shape) => {
      const bytes = file(`{"a":{"dtype":"U8","shape":${shape},"data_offsets":[0,2]}}`, 2);
      expectError(
        () => parseSafetensors(bytes),
        RangeError,
        `parseSafetensors: tensor "a" has the shape ${shape}, expected whole numbers`,
      );
    });
    const product = file('{"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}');
    expect(() => parseSafetensors(product)).toThrow(
      /^parseSafetensors: tensor "a" is F32 × \[4294967296,4294967296,0\], which/,
    );
  });

  it("shows names and values of the file escaped and cut", () => {
    const name = `a\\n\\u001b[31m${"x".repeat(1e6)}`;
    const shown = `"a\\u{a}\\u{1b}[31m${"x".repeat(53)}…" (1000007 characters)`;
    const message = `parseSafetensors: tensor ${shown} has the shape "[1,1,`;
    const bytes = file(`{"${name}":{"dtype":"U8","shape":[${"1,".repeat(1e4)}null],"data_offsets":[0,1]}}`, 1);
    let thrown = "";
    try {
      parseSafetensors(bytes);
    } catch (error) {
      thrown = (error as Error).message;
    }
    expect(thrown.slice(0, message.length)).toBe(message);
    expect(thrown.length).toBeLessThan(300);
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
        const before = bytes.join();
        try {
          parseSafetensors(bytes);
        } catch (error) {
          refused++;
          expect((error as Error).constructor, `byte ${at} ^ ${change}`).toBe(RangeError);
          expect((error as Error).message).toMatch(/^parseSafetensors: ./);
        }
        if (bytes.join() !== before) throw new Error(`byte ${at} ^ ${change}: the file was written to`);
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
