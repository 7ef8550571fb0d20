/** The package: one file with the binaries inlined, one for platforms that import them, the binaries, the types. */
import { basename, dirname, join } from "node:path";
import { defineConfig, type UserConfig } from "tsdown";
import { PACKED, wasmFile } from "./scripts/kernels.js";

const common: UserConfig = {
  format: "esm",
  platform: "neutral",
  target: "es2022",
  fixedExtension: false,
  // Classes keep their names, for a user's logs.
  minify: { mangle: { toplevel: true, keepNames: { class: true, function: false } } },
  banner: {
    // `Symbol.dispose` is in no default library of TypeScript's older targets.
    dts: '/// <reference lib="esnext.disposable" />',
    js: "/*! affine-wasm, MIT */",
  },
  deps: { neverBundle: [/^@tensorflow/] },
};

/** Each entry of the package is a file of `src/entries`. */
function entries(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `src/entries/${name}.ts`]));
}

/** In every folder of `src`, `binaries.workerd.ts` in place of `binaries.ts`; what that imports lies in `dist/wasm`. */
const workerdBinaries = {
  name: "workerd-binaries",
  resolveId(source: string, importer?: string) {
    if (source.endsWith(".wasm")) return { id: `./wasm/${basename(source)}`, external: "absolute" as const };
    if (!importer || !source.endsWith("/binaries.js")) return null;
    return join(dirname(importer), source.replace(/js$/, "workerd.ts"));
  },
};

export default defineConfig([
  {
    ...common,
    entry: entries("index", "kernels", "nn", "node", "tfjs"),
    outputOptions: { chunkFileNames: "[name].js" },
    dts: true,
    copy: PACKED.map((name) => ({ from: wasmFile(name), to: "dist/wasm" })),
  },
  // What reads and writes files of others: apart from the kernels and each other, to be loaded alone.
  ...["npy", "onnx"].map((name) => ({ ...common, entry: entries(name), dts: true, clean: false })),
  {
    ...common,
    entry: Object.fromEntries(
      Object.entries(entries("index", "kernels", "nn")).map(([name, file]) => [`${name}.workerd`, file]),
    ),
    outputOptions: { chunkFileNames: "[name].workerd.js" },
    dts: false,
    clean: false,
    plugins: [workerdBinaries],
  },
]);
