/** `affine-wasm/threads` in workerd, which has no threads: one sentence says so, and everything works. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A worker's answer: what it is told of threads, and sums of integers, which are exact. */
const WORKER = `
import { Affine, tensor } from "affine-wasm";
import { enableThreads, stopThreads, threads } from "affine-wasm/threads";
export default {
  async fetch() {
    const warnings = [];
    console.warn = (line) => warnings.push(line);
    const enabled = await enableThreads({ threads: 2 });
    const layer = new Affine(300, 200);
    layer.weight.fill(2);
    const y = layer.forward(new Float32Array(64 * 300).fill(3));
    const shared = !(tensor(1).data.buffer instanceof ArrayBuffer);
    stopThreads();
    return Response.json({ enabled, after: threads(), warnings, shared, right: y.every((sum) => sum === 1800) });
  },
};`;

it("a worker computes on one thread, and is told why in one warning", async () => {
  const { outputFiles } = await build({
    stdin: { contents: WORKER, resolveDir: root },
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["workerd"],
    external: ["*.wasm"],
    // The package as its users have it.
    tsconfigRaw: "{}",
  });
  const contents = outputFiles[0]?.text.replaceAll(/"[^"]*\/([\w-]+\.wasm)"/g, '"./$1"') as string;
  const miniflare = new Miniflare({
    compatibilityDate: "2026-01-01",
    modules: [
      { type: "ESModule", path: "worker.js", contents },
      ...readdirSync(`${root}/dist/wasm`).map(
        (name) => ({ type: "CompiledWasm", path: name, contents: readFileSync(`${root}/dist/wasm/${name}`) }) as const,
      ),
    ],
  });
  try {
    const response = await miniflare.dispatchFetch("http://worker/");
    const status = { wanted: 2, online: 1, reason: "this platform has no threads that share memory" };
    expect(await response.json()).toEqual({
      enabled: status,
      after: status,
      warnings: [`affine-wasm/threads: ${status.reason}; computing on one thread`],
      shared: false,
      right: true,
    });
  } finally {
    await miniflare.dispose();
  }
});
