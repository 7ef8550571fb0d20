/** The package: one file with the binaries inlined, one for platforms that import them, the binaries, the types. */
import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "tsdown";

const common: UserConfig = {
  format: "esm",
  platform: "neutral",
  target: "es2022",
  fixedExtension: false,
  // Top-level names stay: classes and functions are named in a user's stack traces and logs.
  minify: { mangle: { toplevel: false } },
  banner: {
    // `Symbol.dispose` is in no default library of TypeScript's older targets.
    dts: '/// <reference lib="esnext.disposable" />',
    js: "/*! affine-wasm, MIT. Contains @assemblyscript/loader, Apache-2.0, (c) Daniel Wirtz and contributors. */",
  },
  // The loader is small and ours to ship: the package has no runtime dependency.
  deps: { alwaysBundle: ["@assemblyscript/loader"], onlyBundle: ["@assemblyscript/loader"], neverBundle: [/\.wasm$/] },
};

export default defineConfig([
  {
    ...common,
    entry: { index: "src/index.ts" },
    dts: true,
    copy: ["scalar", "simd", "relaxed"].map((name) => ({ from: `build/${name}.wasm`, to: "dist/wasm" })),
  },
  {
    ...common,
    entry: { "index.workerd": "src/index.ts" },
    dts: false,
    clean: false,
    alias: { "./binaries.js": fileURLToPath(new URL("src/binaries.workerd.ts", import.meta.url)) },
  },
]);
