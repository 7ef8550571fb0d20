/** The parts of the main job that can go wrong: its files and its options. */
import type { CommanderError } from "commander";
import { describe, expect, it, vi } from "vitest";
import { parseIdx } from "../../examples/idx.js";
import { parseOptions } from "../../examples/options.js";
import { eachCase } from "../cases.js";

/** An IDX file of unsigned bytes. */
function idx(dimensions: number[], values: number[], magic = 0x800 | dimensions.length): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dimensions.length + values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  for (const [i, size] of dimensions.entries()) view.setUint32(4 + 4 * i, size);
  bytes.set(values, 4 + 4 * dimensions.length);
  return bytes;
}

describe("parseIdx", () => {
  it("reads dimensions and values, also from the middle of a buffer", () => {
    const file = idx([2, 1, 3], [1, 2, 3, 4, 5, 255]);
    const shifted = new Uint8Array([9, 9, 9, ...file]).subarray(3);
    eachCase([file, shifted], (bytes) => {
      const { dimensions, values } = parseIdx(bytes, 3, "images");
      expect(dimensions).toEqual([2, 1, 3]);
      expect([...values]).toEqual([1, 2, 3, 4, 5, 255]);
    });
  });

  it("refuses a wrong magic number, a short file and a long one, naming the file", () => {
    const cases: [Uint8Array, string][] = [
      [idx([2], [1, 2], 0x0d01), "labels: magic number 3329, expected 2049: not an IDX file of rank 1"],
      [idx([2, 1, 1], [1, 2]), "labels: magic number 2051, expected 2049: not an IDX file of rank 1"],
      [idx([3], [1, 2]), "labels: 10 bytes, expected 11 for 3"],
      [idx([1], [1, 2]), "labels: 10 bytes, expected 9 for 1"],
      [new Uint8Array(7), "labels: 7 bytes, too short for a header of 8"],
    ];
    eachCase(cases, ([bytes, message]) => expect(() => parseIdx(bytes, 1, "labels")).toThrow(new Error(message)));
  });
});

describe("parseOptions", () => {
  it("has defaults and takes every option", () => {
    expect(parseOptions([])).toEqual({ epochs: 5, batch: 32, rate: 0.1, hidden: 100, seed: 1 });
    const args = "--epochs 2 --batch 64 --rate 0.5 --hidden 30 --variant scalar --seed 7".split(" ");
    expect(parseOptions(args)).toEqual({ epochs: 2, batch: 64, rate: 0.5, hidden: 30, variant: "scalar", seed: 7 });
  });

  it("ends with exit code 2 and names what is wrong with a bad option", () => {
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const cases: [string[], RegExp][] = [
      [["--epochs", "0"], /'--epochs <n>' argument '0' is invalid. Expected a whole number of at least 1/],
      [["--batch", "2.5"], /'--batch <n>' argument '2.5'/],
      [["--rate", "fast"], /'--rate <x>' argument 'fast' is invalid. Expected a number above 0/],
      [["--rate", "-1"], /'--rate <x>'/],
      [["--hidden", ""], /'--hidden <n>'/],
      [["--variant", "avx"], /Expected scalar, simd or relaxed/],
      [["--seed", "-3"], /'--seed <n>'/],
      [["--speed", "9"], /unknown option '--speed'/],
      [["--epochs"], /argument missing/],
      [["extra"], /too many arguments/],
    ];
    eachCase(cases, ([args, message]) => {
      written.mockClear();
      expect(() => parseOptions(args)).toThrow(expect.objectContaining({ exitCode: 2 }) as CommanderError);
      expect(written.mock.calls.join("")).toMatch(message);
    });
    written.mockRestore();
  });

  it("prints help with exit code 0", () => {
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    expect(() => parseOptions(["--help"])).toThrow(expect.objectContaining({ exitCode: 0 }) as CommanderError);
    const help = written.mock.calls.join("");
    written.mockRestore();
    eachCase(["--epochs", "--batch", "--rate", "--hidden", "--variant", "--seed"], (option) =>
      expect(help).toContain(option),
    );
  });
});

describe("eachCase", () => {
  it("fails when it ran no case", () => {
    expect(() => eachCase([], () => {})).toThrow("eachCase: no case was run");
    expect(eachCase([1, 2], () => {})).toBe(2);
  });
});
