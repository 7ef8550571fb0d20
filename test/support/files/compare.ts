/** Our readers and the reference implementations on the same files. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesUnder } from "../../../src/common/bytes.js";
import { type NpyData, readNpy } from "../../../src/formats/npy/npy.js";
import { parseSafetensors } from "../../../src/formats/safetensors/index.js";
import { npyFiles } from "./npy.js";
import { safetensorsFiles } from "./safetensors.js";

/** Arrays by name, each [type, shape, digest], or an error. */
export type Verdict = Record<string, [string, number[], string]> | string;

const digest = (data: NpyData) =>
  createHash("sha256")
    .update(bytesUnder(data as Parameters<typeof bytesUnder>[0]))
    .digest("hex");

export const FORMATS = {
  npy: {
    module: "numpy",
    files: npyFiles,
    read(bytes: Uint8Array): Verdict {
      const { dtype, shape, data } = readNpy(bytes);
      return { "": [`${/1$/.test(dtype) ? "|" : "<"}${dtype}`, [...shape], digest(data)] };
    },
  },
  safetensors: {
    module: "safetensors",
    files: safetensorsFiles,
    read(bytes: Uint8Array): Verdict {
      const found = [...parseSafetensors(bytes).tensors].map(([name, { dtype, shape, data }]) => {
        return [name, [dtype, [...shape], digest(data)]];
      });
      return Object.fromEntries(found);
    },
  },
} as const;

export type Format = keyof typeof FORMATS;

/** Why one of the two refuses what the other reads; the pattern is of our message. */
export const DISAGREEMENTS: Record<Format, [pattern: RegExp, reason: string][]> = {
  npy: [
    [/bytes of data, expected/, "bytes behind the data: NumPy reads streams, in which more may follow"],
    [/elements of type/, "types without a typed array, big-endian data, and spellings that NumPy never writes"],
    [/twice$/, "a key twice: NumPy takes the last"],
    [
      /not as NumPy writes it/,
      "forms of Python's literals that NumPy never writes: 0x2, 1_0, -0, +2, comments, 'a' 'b'",
    ],
    [/more than 2⁵³ bytes/, "an empty array whose other sizes a number cannot count"],
  ],
  safetensors: [
    [/must begin with/, "white space before the header: the format says that it begins with {"],
    [/twice$/, "a name, or a key of the metadata, twice: the format forbids it, the implementation takes the last"],
    [/expected (two )?whole numbers$/, "a size of 2⁵³ and more, beside a 0: no number of JavaScript's"],
    [/no whole number of bytes below 2⁵³/, "an empty tensor whose other sizes a number cannot count"],
    [/must be an object, got \[/, "a tensor as an array [dtype, shape, offsets]: serde takes it, the format does not"],
    [/has the dtype "\{/, 'a type as {"F32":null}: serde takes it, the format does not'],
  ],
};

/** What a reader says; anything but a RangeError is thrown on. */
export function verdictOf(read: (bytes: Uint8Array) => Verdict, bytes: Uint8Array): Verdict {
  try {
    return read(bytes);
  } catch (error) {
    if (!(error instanceof RangeError) || !/^(readNpy|parseSafetensors): ./.test(error.message)) throw error;
    return error.message;
  }
}

/** The version of a reference implementation; null if this machine has none. */
export function referenceVersion(format: Format): string | null {
  const lines = ask(format, []);
  return lines && JSON.parse(lines[0] as string);
}

/** What the reference implementation says of each file. */
export function referenceVerdicts(format: Format, files: readonly Uint8Array[]): Verdict[] {
  const lines = ask(format, files);
  if (lines?.length !== files.length + 1) throw new Error(`the reference of ${format} gave ${lines?.length} lines`);
  return lines.slice(1).map((line) => JSON.parse(line));
}

function ask(format: Format, files: readonly Uint8Array[]): string[] | null {
  const folder = mkdtempSync(join(tmpdir(), "affine-files-"));
  try {
    const path = join(folder, "files");
    const out = openSync(path, "w");
    for (const file of files) {
      writeSync(out, Uint32Array.of(file.length));
      if (file.length > 0) writeSync(out, file);
    }
    closeSync(out);
    const script = new URL("verdicts.py", import.meta.url).pathname;
    const options = { encoding: "utf8", maxBuffer: 2 ** 30 } as const;
    const { status, stdout } = spawnSync(process.env.PYTHON ?? "python3", [script, format, path], options);
    return status === 0 ? stdout.trimEnd().split("\n") : null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How the verdicts on a file differ: not at all (null), for a reason of the list, or otherwise. */
export function differ(format: Format, ours: Verdict, theirs: Verdict): { reason: string | null } | null {
  if (typeof ours === "string" && typeof theirs === "string") return null;
  if (
    typeof ours !== "string" &&
    typeof theirs !== "string" &&
    JSON.stringify(sorted(ours)) === JSON.stringify(sorted(theirs))
  ) {
    return null;
  }
  const found = typeof ours === "string" && DISAGREEMENTS[format].find(([pattern]) => pattern.test(ours));
  return { reason: found ? found[1] : null };
}

const sorted = (arrays: object) => Object.entries(arrays).sort(([a], [b]) => (a < b ? -1 : 1));
