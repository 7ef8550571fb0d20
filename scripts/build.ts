/**
 * `npm run build`: the binaries, their inlined form, the package. A step runs only if something that it reads is newer
 * than what it writes, so that `npm start` and `npm test` can always build first.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtFiles, ENTRIES } from "./entries.js";
import { compile, type Inlined, MODULES, PACKED, UNPACKER, wasmFile } from "./kernels.js";
import { writeNodeEntry } from "./nodeEntries.js";
import { pack } from "./pack.js";
import { writeForNode } from "./peers.js";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const sources = ["assembly", "asconfig.json", "package-lock.json", "scripts/kernels.ts"];
for (const { entry, debug, variants, inlined } of MODULES) {
  const targets = [debug, ...variants];
  await step(`the kernels of ${entry}`, sources, targets.map(binary), () => compile(entry, targets));
  const inputs = [...variants.map(binary), "scripts/pack.ts", "scripts/coder.ts", "scripts/kernels.ts"];
  for (const one of inlined) await step(`their inlined form ${one.file}`, inputs, [one.file], () => writeInlined(one));
}
const unpacker = binary(UNPACKER.name);
await step("the unpacker", sources, [unpacker], () => compile(UNPACKER.entry, [UNPACKER.name]));
await step("its inlined form", [unpacker], [UNPACKER.inlined], () =>
  writeModule(UNPACKER.inlined, "unpacker: string", JSON.stringify(readFileSync(unpacker).toString("hex"))),
);
const threadsHelper = ["build/threads-worker.js", "src/engine/threads/helperScript.ts"];
await step(
  "the helper of threads",
  ["helper", "control", "tiles"].map((name) => `src/engine/threads/${name}.ts`),
  threadsHelper,
  () => bundleHelper("src/engine/threads/helper.ts", threadsHelper),
);
const inputs = [
  "src",
  "tsconfig.json",
  "tsdown.config.ts",
  "scripts/entries.ts",
  "scripts/exportNames.ts",
  "scripts/lines.ts",
  "scripts/peers.ts",
  "scripts/nodeEntries.ts",
  "package.json",
  "package-lock.json",
];
const outputs = [...ENTRIES.flatMap(builtFiles), ...PACKED.map((name) => wasmFile(name, "dist/wasm"))];
await step("the package", inputs, outputs, packLibrary);

function binary(target: string): string {
  return wasmFile(target);
}

/** Runs `make` if an output is missing or older than an input; folders count with all they hold. */
async function step(name: string, inputs: string[], outputs: string[], make: () => unknown): Promise<void> {
  const newest = Math.max(...inputs.flatMap(filesOf).map(modified));
  if (outputs.every((file) => existsSync(file) && modified(file) >= newest)) return;
  console.log(`building ${name} …`);
  await make();
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" }).map((file) => join(path, file));
}

function modified(file: string): number {
  return statSync(file).mtimeMs;
}

// The compilers, this one and that of the kernels, are loaded only where they are needed: that takes longer than to see
// that nothing changed.
async function packLibrary(): Promise<void> {
  const { build } = await import("tsdown");
  await build({ logLevel: "error" });
  for (const entry of ENTRIES) {
    if (entry.peers) writeForNode(entry);
    if (entry.wide) writeNodeEntry(entry);
  }
}

/** As a script without imports: a file, and a text that the library starts threads from. */
async function bundleHelper(entry: string, [script = "", module = ""]: readonly string[]): Promise<void> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    // A script that is all there is in its thread needs neither a scope of its own nor to be told to be strict.
    format: "esm",
    tsconfigRaw: { compilerOptions: { alwaysStrict: false } },
    minify: true,
    target: "es2022",
    charset: "utf8",
  });
  const text = outputFiles.map((file) => file.text.trimEnd()).join();
  mkdirSync("build", { recursive: true });
  writeFileSync(script, `/*! affine-wasm, MIT */\n${text}\n`);
  writeModule(module, "helperScript: string", JSON.stringify(text));
}

function writeInlined({ file, order, behind }: Inlined): void {
  const binaries = Object.fromEntries(order.map((name) => [name, readFileSync(wasmFile(name))]));
  const { text, ends } = pack(binaries, behind ? readFileSync(wasmFile(behind)) : undefined);
  // A template, in which a line ends as it does in the text.
  writeModule(file, "inlined", `{ ends: ${JSON.stringify(ends)}, text: \`${text}\` }`);
}

function writeModule(file: string, name: string, value: string): void {
  writeFileSync(file, `/** Written by scripts/build.ts. */\nexport const ${name} = ${value};\n`);
}
