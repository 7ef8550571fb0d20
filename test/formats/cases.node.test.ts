/**
 * Small files that other programs wrote, or that the reference implementations refuse. They are no part of this project;
 * CASE_DATA names their folder, in which `npy-expected.json` has what is in the .npy files.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readNpy } from "../../src/formats/npy/npy.js";
import { parseSafetensors } from "../../src/formats/safetensors/index.js";
import { eachCase, expectError } from "../support/cases.js";

const folder = process.env.CASE_DATA;
if (!folder) console.log("not run: the tests with small files of others, whose folder CASE_DATA would name");

describe.runIf(folder)("files of others", () => {
  const bytesOf = (name: string) => new Uint8Array(readFileSync(`${folder}/${name}`));

  it("are read as NumPy reads them", () => {
    const expected: Record<string, { dtype: string; shape: number[]; rowMajor: number[] }> = JSON.parse(
      readFileSync(`${folder}/npy-expected.json`, "utf8"),
    );
    eachCase(Object.entries(expected), ([name, { dtype, shape, rowMajor }]) => {
      const array = readNpy(bytesOf(name));
      expect([name, array.dtype, array.shape, [...(array.data as Float32Array)]]).toEqual([
        name,
        dtype.slice(1),
        shape,
        rowMajor,
      ]);
    });
    const twice = 'readNpy: the header has "descr" twice';
    expectError(() => readNpy(bytesOf("duplicate-descr.npy")), RangeError, twice);
  });

  it("are refused where the reference implementation refuses them, with the tensor's name", () => {
    const messages: Record<string, string> = {
      "refuse-lone-surrogate.safetensors":
        'the header of 59 bytes is not JSON in UTF-8: "\\ud800" at byte 10 is half a surrogate pair',
      "refuse-overflowing-empty-shape.safetensors":
        'tensor "a" is F32 × [4294967296,4294967296,0], which is no whole number of bytes below 2⁵³',
      "refuse-shape-2.0.safetensors": 'tensor "a" has the shape [2.0], expected whole numbers',
      "refuse-shape-minus-0.safetensors": 'tensor "a" has the shape [-0], expected whole numbers',
    };
    const names = readdirSync(folder as string)
      .filter((name) => name.startsWith("refuse-"))
      .sort();
    expect(names).toEqual(Object.keys(messages).sort());
    eachCase(names, (name) =>
      expectError(() => parseSafetensors(bytesOf(name)), RangeError, `parseSafetensors: ${messages[name]}`),
    );
  });
});
