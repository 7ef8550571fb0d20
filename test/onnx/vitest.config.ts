/** The exported files in another runtime, which is too heavy for the root install: `npm ci --prefix test/onnx` first. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (entry: string) => fileURLToPath(new URL(`../../src/${entry}/index.ts`, import.meta.url));

export default defineConfig({
  resolve: { alias: { "affine-wasm/nn": source("nn"), "affine-wasm/onnx": source("onnx") } },
  test: { include: ["test/onnx/*.test.ts"], testTimeout: 120_000 },
});
