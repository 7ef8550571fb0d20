/** The exported files in another runtime, which is too heavy for the root install: `npm ci --prefix test/onnx` first. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const entries = fileURLToPath(new URL("../../src/entries/", import.meta.url));

export default defineConfig({
  resolve: { alias: [{ find: /^affine-wasm\/([\w-]+)$/, replacement: `${entries}$1.ts` }] },
  test: { include: ["test/onnx/*.test.ts"], testTimeout: 120_000 },
});
