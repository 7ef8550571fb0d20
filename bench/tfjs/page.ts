/**
 * `npm run bench:tfjs:page`: a training step of tf.layers 784-2048-2048-10 in Chromium, in a page that is isolated from other
 * origins, so that TensorFlow.js takes its build with threads: without the import and with it and `enableThreads()`, in
 * alternating steps of one page; medians. After `npm run install:dev`.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { serve } from "../../tools/server.js";
import type { Times } from "./pageApp.js";

const RUNS = 9;
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const binaries = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json"));

const { outputFiles } = await build({
  entryPoints: [join(here, "pageApp.ts")],
  bundle: true,
  write: false,
  format: "esm",
  alias: { "affine-wasm": join(root, "dist") },
  external: ["fs", "path", "worker_threads", "perf_hooks", "os", "util", "crypto"],
  logLevel: "error",
});
const wasm = (name: string) => ({
  headers: { "content-type": "application/wasm" },
  body: readFileSync(join(binaries, "dist", name)),
});
const site = await serve(here, {
  headers: { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" },
  answers: {
    "/": {
      headers: { "content-type": "text/html" },
      body: '<!doctype html><script type="module" src="app.js"></script>',
    },
    "/app.js": { headers: { "content-type": "text/javascript" }, body: outputFiles[0]?.text as string },
    "/wasm/tfjs-backend-wasm-threaded-simd.wasm": wasm("tfjs-backend-wasm-threaded-simd.wasm"),
    "/wasm/tfjs-backend-wasm-simd.wasm": wasm("tfjs-backend-wasm-simd.wasm"),
  },
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  page.on("console", (message) => console.log(message.text()));
  page.on("pageerror", (error) => console.log(error.message));
  await page.goto(site.origin);
  await page.waitForFunction(() => "measure" in globalThis);
  const times: Times = await page.evaluate(
    (runs) => (globalThis as unknown as { measure(runs: number): Promise<Times> }).measure(runs),
    RUNS,
  );
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;
  const [without, with_] = [median(times.tfjs), median(times.ours)];
  console.log(`Chromium ${browser.version()}, ${cpus()[0]?.model}, shared memory: ${times.shared}`);
  console.log(`784-2048-2048-10, batch 256, SGD, ms a step, median of ${RUNS}`);
  console.log(`tfjs (${times.threads.tfjs} threads)  ${without.toFixed(0)}`);
  console.log(
    `with affine-wasm (${times.threads.ours} threads)  ${with_.toFixed(0)}  ${(without / with_).toFixed(1)}×`,
  );
} finally {
  await browser.close();
  await site.close();
}
