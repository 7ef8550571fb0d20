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

/** The tests import the library by its name, as its users do: each entry is a file of `src/entries`. */
const entries = fileURLToPath(new URL("src/entries/", import.meta.url));
const alias = [
  { find: /^affine-wasm$/, replacement: `${entries}index.ts` },
  { find: /^affine-wasm\/([\w-]+)$/, replacement: `${entries}$1.ts` },
];

/** The folders of `test/` whose tests run once per binary; those of the others go through their binaries themselves. */
const PER_BINARY = ["common", "contract", "engine", "kernels", "layer", "memory", "node"];
const ONCE = ["kernels/nn", "nn"];
const testsOf = (folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);

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
          include: testsOf(PER_BINARY),
          exclude: testsOf(ONCE),
          setupFiles: ["test/support/setup.ts"],
          env: { AFFINE_BINARY: name },
          testTimeout: 60_000,
        },
      })),
      {
        resolve: { alias },
        test: { name: "nn", include: testsOf([...ONCE, "formats/safetensors"]), env: { AFFINE_BINARY: "simd" } },
      },
      { test: { name: "tools", include: testsOf(["tools", "formats/npy"]), testTimeout: 120_000 } },
      {
        test: {
          name: "hosts",
          include: ["test/hosts/*.test.ts"],
          globalSetup: ["test/hosts/setup.ts"],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
