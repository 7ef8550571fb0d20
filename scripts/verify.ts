/**
 * `npm run verify:wasm`: whether the binaries that would be published are what their source compiles to. It compiles them
 * anew, compares those and the ones in `dist` with the record `wasm.sha256`, and looks at what they consist of. After a
 * change of a kernel, `npm run verify:wasm -- --record` writes the record.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, MODULES, PACKED, UNPACKER, wasmFile } from "./kernels.js";
import { differences, format, type Hashes, parse, sha256 } from "./record.js";
import { flaws } from "./sections.js";

const RECORD = "wasm.sha256";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "affine-wasm-"));
const problems: string[] = [];
try {
  for (const { entry, variants } of MODULES) await compile(entry, variants, folder);
  await compile(UNPACKER.entry, [UNPACKER.name], folder);
  const compiled = hashesIn(folder);
  for (const name of PACKED) {
    problems.push(...flaws(readFileSync(wasmFile(name, folder))).map((flaw) => `${name}.wasm ${flaw}`));
  }
  if (process.argv.includes("--record")) {
    if (problems.length === 0) writeFileSync(RECORD, format(compiled));
  } else {
    const recorded = parse(readFileSync(RECORD, "utf8"));
    problems.push(...differences(recorded, compiled).map((line) => `compiled from source: ${line}`));
    problems.push(...differences(recorded, hashesIn("dist/wasm")).map((line) => `as packed: ${line}`));
  }
} finally {
  rmSync(folder, { recursive: true });
}
for (const problem of problems) console.error(`verify:wasm: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else console.log(readFileSync(RECORD, "utf8").trimEnd());

/** The hashes of the binaries in a folder, under the names that they have in the package. */
function hashesIn(folder: string): Hashes {
  const files = PACKED.map((name) => [wasmFile(name, "dist/wasm"), wasmFile(name, folder)] as const);
  return new Map(
    files.filter(([, file]) => existsSync(file)).map(([packed, file]) => [packed, sha256(readFileSync(file))]),
  );
}
