/** `wasm.sha256`: what the packed binaries are, in the format of `sha256sum`. */
import { createHash } from "node:crypto";

/** SHA-256 in hexadecimal, by the path of the file in the package. */
export type Hashes = ReadonlyMap<string, string>;

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function format(hashes: Hashes): string {
  return [...hashes].map(([file, hash]) => `${hash}  ${file}\n`).join("");
}

export function parse(record: string): Hashes {
  const lines = record.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [, hash, file] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
      if (!hash || !file) throw new Error(`wasm.sha256: not a line of sha256sum: ${line}`);
      return [file, hash];
    }),
  );
}

/** One line for each file of which the record says something else. */
export function differences(recorded: Hashes, got: Hashes): string[] {
  const files = [...new Set([...recorded.keys(), ...got.keys()])];
  return files
    .filter((file) => recorded.get(file) !== got.get(file))
    .map(
      (file) => `${file}: expected ${recorded.get(file) ?? "none recorded"}, got ${got.get(file) ?? "no such file"}`,
    );
}
