/** The check of the published binaries: what it reads off them, and the record that it compares them with. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MODULES, PACKED, wasmFile } from "../../scripts/kernels.js";
import { differences, format, parse, sha256 } from "../../scripts/record.js";
import { flaws } from "../../scripts/sections.js";
import { eachCase } from "../support/cases.js";

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const text = (value: string) => [value.length, ...Buffer.from(value)];
const section = (id: number, bytes: number[]) => [id, bytes.length, ...bytes];
const memory = [...text("env"), ...text("memory"), 2, 0, 1];
const limitedMemory = [...text("env"), ...text("memory"), 2, 1, 1, 0x80, 0x80, 4];
const table = [...text("env"), ...text("table"), 1, 0x70, 0, 0];
const abort = [...text("env"), ...text("abort"), 0, 0];
const base = [...text("env"), ...text("base"), 3, 0x7f, 0];
const noParameters = section(1, [1, 0x60, 0, 0]);
const imports = (...each: number[][]) => section(2, [each.length, ...each.flat()]);
const binary = (...sections: number[][]) => Uint8Array.from([...HEADER, ...sections.flat()]);

describe("flaws", () => {
  it("of a packed binary: none", () => {
    const ran = eachCase(PACKED, (name) => expect(flaws(readFileSync(wasmFile(name))), name).toEqual([]));
    expect(ran).toBeGreaterThanOrEqual(4);
  });

  it("of the debug binary: the names and the table that assertions bring", () => {
    eachCase(MODULES, ({ debug }) => expect(flaws(readFileSync(wasmFile(debug)))).toHaveLength(3));
  });

  it("names every import but the memory, and the lack of it", () => {
    const cases: [number[][], string][] = [
      [[memory, abort], "memory env.memory, function env.abort"],
      [[limitedMemory, base, table], "memory env.memory, global env.base, table env.table"],
      [[abort, memory], "function env.abort, memory env.memory"],
      [[memory, memory], "memory env.memory, memory env.memory"],
      [[abort], "function env.abort"],
      [[], ""],
    ];
    eachCase(cases, ([each, names]) => {
      const bytes = binary(noParameters, imports(...each));
      if (each !== cases[3]?.[0]) {
        const seen = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
        expect(seen.map(({ kind, module, name }) => `${kind} ${module}.${name}`).join(", ")).toBe(names);
      }
      expect(flaws(bytes)).toEqual([`imports ${names}, expected memory env.memory alone`]);
    });
    expect(flaws(binary())).toEqual(["imports nothing, expected memory env.memory alone"]);
    eachCase([memory, limitedMemory], (each) => expect(flaws(binary(imports(each)))).toEqual([]));
  });

  it("names every section by which a module would own or run something", () => {
    const cases: [string, number[]][] = [
      ["table", section(4, [1, 0x70, 0, 0])],
      ["start", section(8, [0])],
      ["element", section(9, [0])],
      ["data count", section(12, [1])],
      ["data", section(11, [1, 0, 0x41, 0, 0x0b, 1, 7])],
      ["custom", section(0, text("name"))],
      ["77", section(77, [])],
    ];
    eachCase(cases, ([name, bytes]) => {
      const size = bytes[1];
      expect(flaws(binary(imports(memory), bytes))).toEqual([
        `has a section "${name}" of ${size} bytes, expected none`,
      ]);
    });
  });

  it("of a binary cut short: an error", () => {
    const bytes = binary(imports(memory));
    expect(() => flaws(bytes.subarray(0, 9))).toThrow("the binary ends in the middle of a section");
  });
});

describe("wasm.sha256", () => {
  it("names every packed binary, in the package's folder, and no other", () => {
    const recorded = [...parse(readFileSync("wasm.sha256", "utf8")).keys()];
    expect(recorded).toEqual(PACKED.map((name) => `dist/wasm/${name}.wasm`));
  });

  it("is in the format of sha256sum", () => {
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const hashes = new Map([["dist/wasm/simd.wasm", sha256(new Uint8Array())]]);
    expect(format(hashes)).toBe(`${empty}  dist/wasm/simd.wasm\n`);
    expect(parse(format(hashes))).toEqual(hashes);
    eachCase([`${empty} dist/wasm/simd.wasm`, "simd.wasm", `${empty.slice(1)}  dist/wasm/simd.wasm`], (line) =>
      expect(() => parse(`${line}\n`)).toThrow(new Error(`wasm.sha256: not a line of sha256sum: ${line}`)),
    );
  });

  it("differs where a file has other bytes, is not recorded or is not there, which names the file", () => {
    const recorded = new Map(Object.entries({ same: "1", other: "2", gone: "3" }));
    const got = new Map(Object.entries({ same: "1", other: "4", extra: "5" }));
    expect(differences(recorded, recorded)).toEqual([]);
    expect(differences(recorded, got)).toEqual([
      "other: expected 2, got 4",
      "gone: expected 3, got no such file",
      "extra: expected none recorded, got 5",
    ]);
  });
});
