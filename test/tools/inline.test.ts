/** The binaries as text. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inline } from "../../scripts/inline.js";
import { VARIANTS } from "../../src/kernels/abi.js";
import { binaryOf } from "../../src/kernels/binaries.js";
import { inlined } from "../../src/kernels/inlined.js";
import { eachCase } from "../support/cases.js";

describe("the inlined binaries", () => {
  it("are the built ones, byte for byte", () => {
    const ran = eachCase(VARIANTS, (variant) => {
      expect(binaryOf(variant)).toEqual(new Uint8Array(readFileSync(`build/${variant}.wasm`)));
    });
    expect(ran).toBe(4);
  });

  it("are text of printable characters that no string literal escapes", () => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    const { alphabet, texts } = inline({ everyByte });
    expect(texts.everyByte).toMatch(/^[ -~]+$/);
    expect(`${alphabet}${Object.values(inlined.texts).join("")}`).not.toMatch(/["'`$\\]/);
    expect(new Set(alphabet).size).toBe(90);
  });
});
