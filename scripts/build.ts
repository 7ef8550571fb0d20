/**
 * `npm run build`: the binaries, their inlined form, the package. A step runs only if something that it reads is newer
 * than what it writes, so that `npm start` and `npm test` can always build first. `--kernels-only` stops before the package.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VARIANTS } from "../src/abi.js";
import { inline } from "./inline.js";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const INLINED = "src/inlined.ts";

const targets = ["debug", ...VARIANTS];
await step("the kernels", ["assembly", "asconfig.json", "package-lock.json"], targets.map(wasmFile), compileKernels);
await step("their inlined form", [...VARIANTS.map(wasmFile), "scripts/inline.ts"], [INLINED], inlineKernels);
if (!process.argv.includes("--kernels-only")) {
  const inputs = ["src", "tsconfig.json", "tsdown.config.ts", "package.json", "package-lock.json"];
  const outputs = [
    "dist/index.js",
    "dist/index.d.ts",
    "dist/node.js",
    "dist/index.workerd.js",
    "dist/wasm/relaxed.wasm",
  ];
  await step("the package", inputs, outputs, packLibrary);
}

function wasmFile(target: string): string {
  return `build/${target}.wasm`;
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

// (The flag is not "--wasm": the AssemblyScript compiler looks for that one in the arguments of whatever runs it.)
// The compilers are loaded only where they are needed: that takes longer than to see that nothing changed.
async function compileKernels(): Promise<void> {
  const { default: asc } = await import("assemblyscript/asc");
  for (const target of targets) {
    const { error, stderr } = await asc.main(["--target", target]);
    process.stderr.write(stderr.toString());
    if (error) throw error;
  }
}

async function packLibrary(): Promise<void> {
  const { build } = await import("tsdown");
  await build({ logLevel: "error" });
}

function inlineKernels(): void {
  const binaries = Object.fromEntries(VARIANTS.map((name) => [name, readFileSync(wasmFile(name))]));
  const lines = Object.entries(inline(binaries)).map(
    ([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`,
  );
  writeFileSync(INLINED, `/** Written by scripts/build.ts. */\n${lines.join("")}`);
}
