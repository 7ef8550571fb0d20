/** Files that would take more memory than they warrant: refused before it is taken. */
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { readNpy } from "../../src/formats/npy/npy.js";
import { readNpz } from "../../src/formats/npy/npz.js";
import { parseSafetensors } from "../../src/formats/safetensors/index.js";
import { eachCase, expectError } from "../support/cases.js";
import { zipOf } from "../support/zip.js";

const GIB = 2 ** 30;

/** The pages of so large an array are the system's until they are written to. */
function largeFile(header: Uint8Array, data: number): Uint8Array {
  const file = new Uint8Array(header.length + data);
  file.set(header);
  return file;
}

describe("a file that declares more than 1 GiB", () => {
  const declared = `${GIB + 8} bytes of data are declared, more than options.maxBytes ${GIB}`;

  it("is refused by readNpy before anything is copied", () => {
    const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${GIB / 8 + 1},)}`;
    const header = Buffer.concat([
      Buffer.from("\x93NUMPY\x01\x00", "latin1"),
      Buffer.of(text.length, 0),
      Buffer.from(text),
    ]);
    expectError(() => readNpy(largeFile(header, GIB + 8)), RangeError, `readNpy: ${declared}`);
  });

  it("is refused by parseSafetensors, unless the option says otherwise", () => {
    const text = `{"a":{"dtype":"F64","shape":[${GIB / 8 + 1}],"data_offsets":[0,${GIB + 8}]}}`;
    const header = Buffer.concat([Buffer.of(text.length, 0, 0, 0, 0, 0, 0, 0), Buffer.from(text.padEnd(text.length))]);
    const file = largeFile(header, GIB + 8);
    expectError(() => parseSafetensors(file), RangeError, `parseSafetensors: ${declared}`);
    // The offset of the data is made a multiple of 8, lest it be copied.
    const moved = new Uint8Array(file.buffer.byteLength + 8);
    const at = 8 - (header.length % 8);
    moved.set(header, at);
    const { tensors } = parseSafetensors(moved.subarray(at, at + file.length), { maxBytes: GIB + 8 });
    expect(tensors.get("a")?.data.length).toBe(GIB / 8 + 1);
  });

  it("is refused by readNpz before anything is unpacked", () => {
    const packed = new Uint8Array(2 ** 20 + 8);
    const bomb = zipOf([{ name: "a.npy", content: new Uint8Array(0), packed, size: GIB + 8 }]);
    expectError(() => readNpz(bomb), RangeError, `readNpz: ${declared}`);
    const halves = ["a", "b"].map((name) => ({
      name: `${name}.npy`,
      content: new Uint8Array(0),
      packed,
      size: GIB / 2 + 4,
    }));
    expectError(() => readNpz(zipOf(halves)), RangeError, `readNpz: ${declared}`);
  });
});

/** Others have no such bound for a program's objects. */
const { deno, bun } = process.versions;

describe.skipIf(deno || bun)("a header of a safetensors file", () => {
  /** What comes of a header of 12 MB, repeated from pieces, in a process with 100 MB for its objects. */
  const parse = (first: string, piece: string, last: string) => {
    const program = `
      import { parseSafetensors } from ${JSON.stringify(pathToFileURL("dist/nn.js"))};
      const [first, last] = ${JSON.stringify([first, last])};
      const parts = [first];
      let length = first.length;
      for (let i = 0; length < 12e6; i++) {
        const part = ${piece};
        parts.push(part);
        length += part.length;
      }
      const text = Buffer.from(parts.join("") + last);
      parts.length = 0;
      const file = new Uint8Array(8 + text.length);
      new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
      file.set(text, 8);
      try {
        console.log(parseSafetensors(file).tensors.size, "tensors");
      } catch (error) {
        console.log(error.name + ": " + error.message);
      }`;
    const args = ["--max-old-space-size=100", "--input-type=module", "-e", program];
    return execFileSync(process.execPath, args, { encoding: "utf8" });
  };
  const empty = '"dtype":"U8","shape":[0],"data_offsets":[0,0]';

  it("takes no more than 4 times the file and 1 MiB, whatever it is made of", () => {
    const refused =
      /^RangeError: parseSafetensors: what the header of \d+ bytes describes would take more memory than options\.maxMemory \d+\n$/;
    const cases: [string, string, string, RegExp][] = [
      ["{", `(i ? "," : "") + '"' + i.toString(36) + '":{${empty}}'`, "}", refused],
      ['{"__metadata__":{', `(i ? "," : "") + '"' + i.toString(36) + '":""'`, "}}", refused],
      ['{"a":{"dtype":"U8","data_offsets":[0,0],"shape":[0', '",1".repeat(4e5)', "]}}", refused],
      [`{"a":{${empty},"x":[0`, `',{"a":[]}'.repeat(1e5)`, "]}}", /^1 tensors\n$/],
      ['{"', '"a\\\\u0061".repeat(4e5)', `":{${empty}}}`, /^1 tensors\n$/],
    ];
    eachCase(cases, ([first, piece, last, outcome]) => expect(parse(first, piece, last)).toMatch(outcome));
  });

  it("may take more where the option says so", () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `"${i.toString(36)}":{${empty}}`);
    const text = `{${names}}`;
    const file = new Uint8Array(8 + text.length);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    file.set(Buffer.from(text), 8);
    const limit = 4 * file.length + 2 ** 20;
    const message = `parseSafetensors: what the header of ${text.length} bytes describes would take more memory than options.maxMemory ${limit}`;
    expectError(() => parseSafetensors(file), RangeError, message);
    expect(parseSafetensors(file, { maxMemory: 2 ** 24 }).tensors.size).toBe(20_000);
  });
});
