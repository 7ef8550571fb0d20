/** The build of the `wasm` backend with threads, whose memory is shared. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { tf } from "./setup.js";

/** An Emscripten module of the backend, as far as the tests know it. */
interface Module {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  cwrap(name: string, result: string | null, parameters: string[]): (...given: number[]) => number;
  tfjs?: object;
}
export type Backend = tf.KernelBackend & { wasm: Module };

/**
 * Puts it in place of the backend: by itself, that takes this build only on pages that are isolated from other origins.
 * Returns what undoes it.
 */
export async function useThreadedBuild(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "affine-tfjs-"));
  const require = createRequire(import.meta.url);
  const build = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd";
  const worker = join(folder, "worker.cjs");
  const { wasmWorkerContents } = require(`${build}.worker.js`) as { wasmWorkerContents: string };
  writeFileSync(worker, wasmWorkerContents.replaceAll("\n", "\\n"));
  const start = require(`${build}.js`) as (options: object) => Promise<Module>;
  const locateFile = (name: string) =>
    name.endsWith(".worker.js") ? worker : join(dirname(require.resolve(`${build}.js`)), name);
  const module = await start({ locateFile });
  const wrap = (name: string, count: number) => module.cwrap(name, "number", new Array(count).fill("number"));
  module.tfjs = {
    init: wrap("init", 0),
    initWithThreadsCount: wrap("init_with_threads_count", 1),
    getThreadsCount: wrap("get_threads_count", 0),
    registerTensor: wrap("register_tensor", 3),
    disposeData: wrap("dispose_data", 1),
    dispose: wrap("dispose", 0),
  };
  const BackendWasm = tf.backend().constructor as new (module: Module) => Backend;
  const factory = tf.findBackendFactory("wasm");
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", () => new BackendWasm(module), 2);
  await tf.setBackend("wasm");
  expect((tf.backend() as Backend).wasm.HEAPU8.buffer).toBeInstanceOf(SharedArrayBuffer);
  return async () => {
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", factory, 2);
    await tf.setBackend("wasm");
    rmSync(folder, { recursive: true });
  };
}
