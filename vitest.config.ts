/**
 * `npm test`: the same suite once per binary that this engine can run, and the tests of the tools around it once.
 * `npm run test:dev`: what needs the heavy packages of `npm run install:dev`.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const binaries = ["debug", "scalar", "simd", "relaxed", "wide"];
const runnable = binaries.filter((name) => WebAssembly.validate(readFileSync(`build/${name}.wasm`)));
for (const name of binaries) {
  if (!runnable.includes(name))
    console.log(`not run: ${name}.wasm, which Node ${process.versions.node} cannot compile`);
}

/** The library by its name, as its users import it. */
function library(folder: string, extension: string) {
  const file = (name: string) => fileURLToPath(new URL(`${folder}/${name}.${extension}`, import.meta.url));
  return {
    alias: [
      { find: /^affine-wasm$/, replacement: file("index") },
      { find: /^affine-wasm\/([\w-]+)$/, replacement: file("$1") },
    ],
  };
}
const SOURCES = library("src/entries", "ts");
const BUILT = library("dist", "js");

/** The folders of `test/` whose tests run once per binary; those of the others go through their binaries themselves. */
const PER_BINARY = ["common", "contract", "engine", "kernels", "layer", "memory", "node", "quantized"];
const ONCE = ["kernels/nn", "kernels/quantized", "nn", "formats"];
const testsOf = (folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);
/** Of files, in processes of Node's own: no binary is used, so once and by Node alone. */
const OF_FILES = "test/node/atomicFile.test.ts";
/** Tests that need the heavy packages. */
const DEV = "**/*.dev.test.ts";

const perBinary = runnable.map((name) => ({
  resolve: SOURCES,
  test: {
    name,
    include: testsOf(PER_BINARY),
    exclude: [...testsOf(ONCE), OF_FILES, DEV],
    setupFiles: ["test/support/setup.ts"],
    env: { AFFINE_BINARY: name },
    testTimeout: 60_000,
  },
}));

/** Browsers one at a time. */
const inBrowsers = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Vitest leaves one core to its watching editor; and a process for every file takes as long as the file's tests.
    pool: "threads",
    maxWorkers: "100%",
    projects: [
      ...perBinary,
      {
        resolve: SOURCES,
        test: {
          name: "nn",
          include: testsOf(ONCE),
          exclude: [DEV],
          setupFiles: ["test/support/setupThreads.ts"],
          env: { AFFINE_BINARY: "simd" },
          testTimeout: 60_000,
        },
      },
      { test: { name: "tools", include: [...testsOf(["tools"]), OF_FILES], exclude: [DEV], testTimeout: 120_000 } },
      // With a Redis of their own, where there is one on the path.
      {
        resolve: SOURCES,
        test: {
          name: "dev-cluster",
          include: ["test/cluster/*.test.ts"],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
      {
        resolve: SOURCES,
        test: { name: "docs", include: ["test/docs/*.test.ts"], exclude: [DEV], testTimeout: 120_000 },
      },
      {
        test: {
          name: "hosts",
          include: ["test/hosts/*.test.ts"],
          exclude: [DEV],
          globalSetup: ["test/hosts/setup.ts"],
          testTimeout: 120_000,
        },
      },
      // The built package in other runtimes.
      {
        resolve: BUILT,
        test: { name: "dev", include: [`test/${DEV}`], testTimeout: 120_000, hookTimeout: 60_000 },
      },
      {
        test: {
          name: "dev-pages",
          include: ["test/hosts/pages/*.test.ts"],
          globalSetup: ["test/hosts/pages/setup.ts"],
          ...inBrowsers,
        },
      },
      {
        resolve: BUILT,
        test: {
          name: "dev-demo",
          include: ["demo/test/*.test.ts"],
          globalSetup: ["demo/test/build.ts"],
          ...inBrowsers,
        },
      },
    ],
  },
});
