/** UTF-8 as the engine's own encoder and decoder have it, and texts in messages. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listed, quoted } from "../../src/common/quoted.js";
import { decodeUtf8, encodeUtf8 } from "../../src/common/utf8.js";
import { eachCase } from "../support/cases.js";

const engine = (bytes: Uint8Array) => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

describe("encodeUtf8 and decodeUtf8", () => {
  it("agree with TextEncoder and TextDecoder on every character, and on the edges of every length", () => {
    for (let first = 0; first <= 0x10ffff; first += first < 0x11000 ? 0x100 : 0x4f00) {
      // Spaces between, lest two halves become a pair.
      const codes = Array.from({ length: 0x100 }, (_, i) => first + i);
      const text = codes.map((code) => String.fromCodePoint(code)).join(" ");
      const bytes = encodeUtf8(text);
      expect(bytes.join(), `U+${first.toString(16)}`).toBe(new TextEncoder().encode(text).join());
      expect(decodeUtf8(bytes)).toBe(engine(bytes));
    }
    eachCase([4094, 4095, 4096, 4097, 8192, 100_000], (length) => {
      const text = `${"a".repeat(length)}😀ж`;
      expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text));
      expect(decodeUtf8(encodeUtf8(text))).toBe(text);
    });
    expect(decodeUtf8(encodeUtf8("xжy"), 1, 3)).toBe("ж");
  });

  it("agree on texts and bytes of any kind", () => {
    const byte = fc.oneof(fc.constantFrom(0x00, 0x7f, 0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff), fc.nat(255));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.array(byte, { maxLength: 8 }), (text, array) => {
        expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text));
        const bytes = Uint8Array.from(array);
        expect(decodeUtf8(bytes)).toBe(engine(bytes));
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe("quoted", () => {
  it("keeps a text in its line, and cuts it", () => {
    const cases: [string, string][] = [
      ["0.weight", '"0.weight"'],
      ["ключ 😀", '"ключ 😀"'],
      ['a"b\\', '"a\\"b\\\\"'],
      ["a\nb\u001b[31m\u0085", '"a\\u{a}b\\u{1b}[31m\\u{85}"'],
      ["\u2028\u202e\ud800\ufeff", '"\\u{2028}\\u{202e}\\u{d800}\\u{feff}"'],
      ["x".repeat(1e7), `"${"x".repeat(60)}…" (10000000 characters)`],
    ];
    eachCase(cases, ([text, shown]) => expect(quoted(text)).toBe(shown));
    expect(listed(["a", "b\n"])).toBe('"a", "b\\u{a}"');
    expect(
      listed(
        Array.from({ length: 12 }, (_, i) => `${i}`),
        2,
      ),
    ).toBe('"0", "1" and 10 more');
  });
});
