/** The package: one file with the binaries inlined, one for platforms that import them, the binaries, the types. */
import { dirname, join } from "node:path";
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
  deps: { neverBundle: [/\.wasm$/, /^@tensorflow/] },
};

/** In every folder of `src`, `binaries.workerd.ts` in place of `binaries.ts`. */
const workerdBinaries = {
  name: "workerd-binaries",
  resolveId: (source: string, importer?: string) =>
    importer && source.endsWith("/binaries.js") ? join(dirname(importer), source.replace(/js$/, "workerd.ts")) : null,
};

export default defineConfig([
  {
    ...common,
    entry: { index: "src/index.ts", kernels: "src/kernels.ts", nn: "src/nn/index.ts", tfjs: "src/tfjs/index.ts" },
    outputOptions: { chunkFileNames: "[name].js" },
    dts: true,
    copy: PACKED.map((name) => ({ from: wasmFile(name), to: "dist/wasm" })),
  },
  {
    ...common,
    platform: "node",
    entry: { node: "src/node.ts" },
    dts: true,
    clean: false,
    // It starts the kernels that the main entry uses, so it must not bring its own.
    deps: { neverBundle: ["./index.js"] },
  },
  // What reads and writes files of others: apart from the kernels and each other, to be loaded alone.
  ...["npy", "onnx"].map((name) => ({ ...common, entry: { [name]: `src/${name}/index.ts` }, dts: true, clean: false })),
  {
    ...common,
    entry: {
      "index.workerd": "src/index.ts",
      "kernels.workerd": "src/kernels.ts",
      "nn.workerd": "src/nn/index.ts",
    },
    outputOptions: { chunkFileNames: "[name].workerd.js" },
    dts: false,
    clean: false,
    plugins: [workerdBinaries],
  },
]);
