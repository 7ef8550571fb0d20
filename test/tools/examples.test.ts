/** The parts of the main job that can go wrong: its files and its options. */
import type { CommanderError } from "commander";
import { describe, expect, it, vi } from "vitest";
import { pick } from "../../examples/common/digits.js";
import { parseOptions } from "../../examples/options.js";
import { confusionTable, countConfusions, digitsAcross, drawMisread } from "../../examples/report.js";
import { wrap } from "../../examples/terminal.js";
import { parseIdx } from "../../tools/idx.js";
import { eachCase } from "../support/cases.js";

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

describe("pick", () => {
  const images = Uint8Array.of(0, 255, 51, 0, 102, 102, 255, 255);
  const digits = { count: 4, pixels: 2, images, labels: Uint8Array.of(7, 3, 8, 9) };

  it("takes the first digits, with pixels from 0 to 1", () => {
    const { x, labels } = pick(digits, 2);
    expect([...labels]).toEqual([7, 3]);
    expect([...x]).toEqual([0, 1, Math.fround(0.2), 0]);
  });

  it("takes all where there are fewer", () => {
    const { x, labels } = pick(digits, 5);
    expect([...labels]).toEqual([7, 3, 8, 9]);
    expect(x.length).toBe(8);
  });
});

describe("parseOptions", () => {
  it("has defaults and takes every option", () => {
    expect(parseOptions([])).toEqual({
      epochs: 5,
      batch: 64,
      rate: 0.1,
      momentum: 0.9,
      hidden: 100,
      seed: 1,
    });
    const args = "--epochs 2 --batch 32 --rate 0.5 --momentum 0 --hidden 30 --variant scalar --seed 7 --save a";
    expect(parseOptions("--load b --variant simd".split(" "))).toMatchObject({ load: "b", variant: "simd" });
    expect(parseOptions(args.split(" "))).toEqual({
      epochs: 2,
      batch: 32,
      rate: 0.5,
      momentum: 0,
      hidden: 30,
      variant: "scalar",
      seed: 7,
      save: "a",
    });
  });

  it("ends with exit code 2 and names what is wrong with a bad option", () => {
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const cases: [string[], RegExp][] = [
      [["--epochs", "0"], /'--epochs <n>' argument '0' is invalid. Expected a whole number of at least 1/],
      [["--batch", "2.5"], /'--batch <n>' argument '2.5'/],
      [["--rate", "fast"], /'--rate <x>' argument 'fast' is invalid. Expected a number above 0/],
      [["--rate", "-1"], /'--rate <x>'/],
      [["--hidden", ""], /'--hidden <n>'/],
      [["--momentum", "1"], /'--momentum <x>' argument '1' is invalid. Expected a number from 0 to below 1/],
      [["--momentum", ""], /'--momentum <x>'/],
      [["--load"], /argument missing/],
      [["--variant", "avx"], /Expected scalar, simd or relaxed/],
      [["--seed", "-3"], /'--seed <n>'/],
      [["--speed", "9"], /unknown option '--speed'/],
      [["--epochs"], /argument missing/],
      [["extra"], /too many arguments/],
      [["--batch", "100000"], /'--batch <n>' argument '100000' is invalid. Expected a whole number from 1 to 60000/],
      [["--hidden", "0"], /Expected a whole number of at least 1/],
      // What --load would ignore.
      ...["epochs", "batch", "rate", "momentum", "hidden", "seed", "save"].map((name): [string[], RegExp] => [
        ["--load", "b", `--${name}`, name === "momentum" ? "0" : "1"],
        new RegExp(`'--load <file>' cannot be used with option '--${name} <`),
      ]),
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
    const options = [
      "--epochs",
      "--batch",
      "--rate",
      "--momentum",
      "--hidden",
      "--variant",
      "--seed",
      "--save",
      "--load",
    ];
    eachCase(options, (option) => expect(help).toContain(option));
  });
});

describe("the report", () => {
  it("counts how often each digit was read as each, and what share was right", () => {
    const counts = countConfusions([0, 0, 0, 7, 7], [0, 0, 6, 7, 1]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
    const lines = confusionTable(counts).split("\n");
    const [title, head, zero, , , , , , , seven, eight] = lines;
    expect(title).toBe("   read as");
    expect(head).toBe("is    0    1    2    3    4    5    6    7    8    9  right");
    expect(zero).toBe(" 0    2    ·    ·    ·    ·    ·    1    ·    ·    ·  66.7%");
    expect(seven).toBe(" 7    ·    1    ·    ·    ·    ·    ·    1    ·    ·  50.0%");
    expect(eight).toBe(" 8    ·    ·    ·    ·    ·    ·    ·    ·    ·    ·      -");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
  });

  it("draws images side by side, two pixels to a character", () => {
    const image = Uint8Array.of(0, 255, 255, 255, 200, 0, 255, 0, 0);
    const drawn = drawMisread(
      [
        { image, label: 4, reading: 9 },
        { image: image.toReversed(), label: 1, reading: 7 },
      ],
      3,
    );
    expect(drawn.split("\n")).toEqual(["a 4, read as 9  a 1, read as 7", "▄█▀   ▄█", "▀    ▀▀ "]);
  });

  it("leaves out lines without ink, and draws nothing for no image", () => {
    expect(drawMisread([{ image: new Uint8Array(16), label: 1, reading: 2 }], 4)).toBe("a 1, read as 2");
    expect(drawMisread([])).toBe("");
  });
});

describe("a terminal", () => {
  it("has sentences broken between words, and indented lines left as they are", () => {
    expect(wrap("one two three four", 9)).toBe("one two\nthree\nfour");
    expect(wrap("a-word-that-is-longer-than-the-line and", 9)).toBe("a-word-that-is-longer-than-the-line\nand");
    expect(wrap("  affine-wasm  loss 0.1  0.2 s\n\nnext to it", 9)).toBe(
      "  affine-wasm  loss 0.1  0.2 s\n\nnext to\nit",
    );
  });

  it("of 60 columns takes two digits side by side, of 90 three, and any other at least one", () => {
    expect([20, 60, 88, 90, 200].map(digitsAcross)).toEqual([1, 2, 3, 3, 3]);
  });
});

describe("eachCase", () => {
  it("fails when it ran no case", () => {
    expect(() => eachCase([], () => {})).toThrow("eachCase: no case was run");
    expect(eachCase([1, 2], () => {})).toBe(2);
  });
});
