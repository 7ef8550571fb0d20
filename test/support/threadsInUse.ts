/** `affine-wasm/threads` for tests that use it as its users do: a fresh library for each, and threads that end with it. */
import { afterEach, beforeEach, vi } from "vitest";
import { enableAll } from "../../tools/anew.js";
import { bytes, freshLibrary } from "./environment.js";

type Library = typeof import("affine-wasm");
type Threads = typeof import("affine-wasm/threads");
type Policy = typeof import("../../src/engine/threads/policy.js");

/** Those of the test that runs. */
export let threads: Threads;
export let library: Library;
let policy: Policy;
/** Of `console.warn`, which prints nothing meanwhile. */
export let warn: ReturnType<typeof vi.spyOn>;

/** To be called once in a file of tests. */
export function freshForEach(): void {
  beforeEach(fresh);
  afterEach(end);
}

async function fresh(): Promise<void> {
  library = await freshLibrary();
  threads = await import("affine-wasm/threads");
  policy = await import("../../src/engine/threads/policy.js");
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
}

function end(): void {
  threads.stopThreads();
  vi.restoreAllMocks();
}

/** As at the beginning of a test, in the middle of one. */
export async function freshAgain(): Promise<void> {
  end();
  await fresh();
}

/** Enables threads in the library of the test, which has not started: all of them, with no warning left of attempts. */
export function enable(count: number, workerUrl?: URL) {
  return enableAll(threads, count, workerUrl, () => warn.mockClear());
}

/** From now on every product of the test's library is shared, in tiles of few elements. */
export function shareAll(): void {
  policy.TEST.factor = 1e12;
}

/** How many tiles helpers have computed. */
export const helped = () => policy.TEST.helped;

/** Starts the library with the binary under test. */
export function start(): void {
  library.initSync(bytes as Uint8Array<ArrayBuffer>);
}

/** A layer that is large enough to be shared, on numbers whose sums are exact: y, dX and dW. */
export function largeLayer(batch = 64) {
  const [inFeatures, outFeatures] = [300, 200];
  const layer = new library.Affine(inFeatures, outFeatures);
  const integers = (length: number, by: number) => Float32Array.from({ length }, (_, i) => ((i * by) % 17) - 8);
  layer.weight.set(integers(inFeatures * outFeatures, 5));
  const y = layer.forward(integers(batch * inFeatures, 7));
  const dx = layer.backward(integers(batch * outFeatures, 3));
  // Once more on top: what helpers begin of it must not be added twice.
  layer.backward(integers(batch * outFeatures, 11), { accumulate: true });
  const result = [...y, ...dx, ...layer.dWeight];
  layer.dispose();
  return result;
}

export async function expected(batch?: number): Promise<number[]> {
  const shared = library;
  library = await freshLibrary();
  start();
  const result = largeLayer(batch);
  library = shared;
  return result;
}
