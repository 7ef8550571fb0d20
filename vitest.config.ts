/** The same suite once per binary that this engine can run, and the tests of the tools around it once. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const binaries = ["debug", "scalar", "simd", "relaxed", "wide"];
const runnable = binaries.filter((name) => WebAssembly.validate(readFileSync(`build/${name}.wasm`)));
for (const name of binaries) {
  if (!runnable.includes(name))
    console.log(`not run: ${name}.wasm, which Node ${process.versions.node} cannot compile`);
}

/** The tests import the library by its name, as its users do. */
const alias = [
  { find: /^affine-wasm$/, replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)) },
  { find: /^affine-wasm\/kernels$/, replacement: fileURLToPath(new URL("src/kernels.ts", import.meta.url)) },
  { find: /^affine-wasm\/nn$/, replacement: fileURLToPath(new URL("src/nn/index.ts", import.meta.url)) },
];

export default defineConfig({
  test: {
    // Vitest leaves one core to its watching editor; and a process for every file takes as long as the file's tests.
    pool: "threads",
    maxWorkers: "100%",
    projects: [
      ...runnable.map((name) => ({
        resolve: { alias },
        test: {
          name,
          include: ["test/*.test.ts", "test/node/*.test.ts"],
          setupFiles: ["test/setup.ts"],
          env: { AFFINE_BINARY: name },
          testTimeout: 60_000,
        },
      })),
      // These go through their binaries themselves.
      { resolve: { alias }, test: { name: "nn", include: ["test/nn/*.test.ts", "test/nn/node/*.test.ts"] } },
      { test: { name: "tools", include: ["test/tools/*.test.ts"], testTimeout: 120_000 } },
    ],
  },
});
