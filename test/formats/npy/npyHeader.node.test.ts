/** The header of .npy files: those that NumPy writes and has written, and no others. */
import { describe, expect, it } from "vitest";
import { readNpy } from "../../../src/formats/npy/npy.js";
import { eachCase, expectError } from "../../support/cases.js";
import { header, npy, unpadded } from "../../support/npyFiles.js";
import { raw } from "./arrays.js";

describe("readNpy", () => {
  it("reads no header but those that NumPy writes, and says where it differs", () => {
    const good = header("<f4", "False", "(1,)");
    const differs = (expected: string, at: number, got: string) =>
      `the header is not as NumPy writes it: expected ${expected} at character ${at}, ${got}`;
    const end = (text: string) => `got "${text}"`;
    const cases: [string, string][] = [
      [
        "{'descr': [('a', '<f4')], 'fortran_order': False}",
        differs("a string", 10, end("[('a', '<f4')], 'fortran_order': False}")),
      ],
      ["{'fortran_order': 0}", differs("True or False", 18, end("0}"))],
      ["{'fortran_order': true}", differs("True or False", 18, end("true}"))],
      [
        "{'descr': '<f4', 'shape': (1,), }",
        `the header must give descr, fortran_order and shape, got "{'descr': '<f4', 'shape': (1,), }"`,
      ],
      ["{'shape': (-1,)}", differs("a whole number of a tuple", 11, end("-1,)}"))],
      ["{'shape': (1.0,)}", differs('","', 12, end(".0,)}"))],
      ["{'shape': (2e0,)}", differs('","', 12, end("e0,)}"))],
      ["{'shape': (03,)}", differs('","', 12, end("3,)}"))],
      ["{'shape': (1, 0x2)}", differs('")"', 15, end("x2)}"))],
      ["{'shape': (2)}", differs('","', 12, end(")}"))],
      ["{'shape': (,)}", differs("a whole number of a tuple", 11, end(",)}"))],
      ["{'shape': [2]}", differs('"("', 10, end("[2]}"))],
      ["{'shape': 1, }", differs('"("', 10, end("1, }"))],
      ["{'descr': '<f4' '<f4'}", differs('"}"', 16, end("'<f4'}"))],
      ["{'descr': '\\x3cf4'}", differs("a string", 10, end("'\\\\x3cf4'}"))],
      ["{,}", differs("a string", 1, end(",}"))],
      ["['<f4']", differs('"{"', 0, end("['<f4']"))],
      ["", differs('"{"', 0, "but it ends")],
      [`\n${good}`, differs('"{"', 0, `got "\\u{a}${good}"`)],
      [`${good}\0`, differs("the end", good.length, end("\\u{0}"))],
      [good.replace(", }", ", 'x': 1}"), 'the header has "x", expected descr, fortran_order and shape alone'],
      [good.replace("{", "{'descr': '<i4', "), 'the header has "descr" twice'],
      [header("<f4", "False", `(${"1,".repeat(65)})`), "the array has 65 dimensions, NumPy has at most 64"],
      [
        header("<f4", "False", "(4294967296, 4294967296, 0)"),
        "the array is f4 × [4294967296,4294967296,0], more than 2⁵³ bytes",
      ],
      [header("<f4", "False", `(${"9".repeat(400)},)`), "the array is f4 × [Infinity], more than 2⁵³ bytes"],
    ];
    eachCase(cases, ([text, message]) =>
      expectError(() => readNpy(unpadded(text, [0, 0, 0, 0])), RangeError, `readNpy: ${message}`),
    );
    expect(() => readNpy(npy(header("<f4", "False", "(1L,)"), [0, 0, 0, 0], 3))).toThrow(/expected "," at character/);
    expect(readNpy(npy(header("<f4", "False", `(${"1,".repeat(64)})`), [0, 0, 0, 0])).shape.length).toBe(64);
  });

  it("reads headers of any width, padded as one likes, as old versions of NumPy did", () => {
    const bytes = raw(Float32Array.of(1, 2));
    const expected = { dtype: "f4", shape: [2], data: Float32Array.of(1, 2) };
    const texts = [
      header("<f4", "False", "(2,)"),
      ` \t{"descr":'<f4',\n"fortran_order":True,\r\n'shape': ( 2L , ) ,\f}\n\n \t`,
      header("|f4", "False", "(2L,)"),
      header("<f4", "False", "(02,)").replace("02", "2 L"),
    ];
    eachCase(texts, (text) => expect(readNpy(unpadded(text, bytes))).toEqual(expected));
  });

  // On a parser that looks back these take a minute, or do not end.
  it("takes time in proportion to the header, however odd it is", { timeout: 20_000 }, () => {
    const odd = [
      `(${" ".repeat(200_000)}x`,
      `{'shape': (${" ".repeat(200_000)}x`,
      `{'shape': (${"1,".repeat(300_000)})}`,
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${"1,".repeat(300_000)}), }`,
      `{${"'descr': '<f4', ".repeat(10_000)}}`,
      `{'descr': '${"\\'".repeat(100_000)}`,
      "(".repeat(200_000),
    ];
    eachCase(odd, (text) => {
      expect(() => readNpy(npy(text, [0, 0, 0, 0], 2))).toThrow(RangeError);
      expect(() => readNpy(unpadded(text.slice(0, 10_000), []))).toThrow(RangeError);
    });
  });
});
