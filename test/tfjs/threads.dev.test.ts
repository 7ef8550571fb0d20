/** TensorFlow.js on several threads of this library: in place in the shared memory of its threaded build, and on `cpu`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { register, restore } from "affine-wasm/tfjs";
import { enableThreads, stopThreads, threads } from "affine-wasm/threads";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { enableAll } from "../../tools/anew.js";
import { misbehaving } from "../support/misdeeds.js";
import { randomNumbers, randomTensor, tf } from "./setup.js";
import { type Backend, useThreadedBuild } from "./threaded.js";

/** So large that helpers are woken for each. */
const [M, N, K] = [256, 200, 300];
const values = (shape: number[], seed: number) => randomTensor(randomNumbers(seed), shape);

let end: () => Promise<void>;
let warn: ReturnType<typeof vi.spyOn>;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "affine-tfjs-"));
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  await tf.setBackend("wasm");
  end = await useThreadedBuild();
});
afterEach(async () => {
  restore();
  register();
  stopThreads();
  await end();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Of this library: TensorFlow.js has its own. */
function warnings(): unknown[] {
  return warn.mock.calls.flat().filter((line: unknown) => `${line}`.startsWith("affine-wasm"));
}

/** Products as layers ask for them: fused, and both gradients. */
function products(): number[] {
  return tf.tidy(() => {
    const [x, w, bias, dy] = [values([M, K], 1), values([K, N], 2), values([N], 3), values([M, N], 4)] as [
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor1D,
      tf.Tensor2D,
    ];
    const y = tf.fused.matMul({ a: x, b: w, bias, activation: "relu" });
    const results = [y, tf.matMul(dy, w, false, true), tf.matMul(x, dy, true, false)];
    return results.flatMap((result) => [...result.dataSync()]);
  });
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

/** What one thread computes; then threads are there, and the backend is met anew. */
async function aloneThen(count: number, script?: string): Promise<number[]> {
  const alone = products();
  restore();
  register();
  const file = join(folder, "helper.cjs");
  if (script) writeFileSync(file, script);
  const url = script === undefined ? script : pathToFileURL(file);
  await enableAll({ enableThreads, stopThreads }, count, url, () => warn.mockClear());
  return alone;
}

/** Counts what this thread takes of the tiles of products; the rest is what helpers took. */
function tilesOfHelpers(compute: () => void): number {
  const atomics = Atomics as unknown as Record<"store" | "compareExchange", (...args: unknown[]) => number>;
  const published = vi.spyOn(atomics, "store");
  const takes = vi.spyOn(atomics, "compareExchange");
  compute();
  const own = takes.mock.calls.filter(([, , claim], i) => takes.mock.results[i]?.value === claim).length;
  const tiles = published.mock.calls.reduce((sum, [, , claim]) => sum + ((claim as number) & 127), 0);
  published.mockRestore();
  takes.mockRestore();
  return tiles - own;
}

describe.each(["wasm", "cpu"])("the %s backend with threads enabled", (name) => {
  beforeEach(() => tf.setBackend(name));

  it("gets the bits of one thread, of which helpers compute some", async () => {
    const alone = await aloneThen(3);
    let helped = 0;
    // On a busy machine helpers may be late for the first.
    for (let round = 0; round < 100 && helped === 0; round++) {
      helped = tilesOfHelpers(() => {
        for (let i = 0; i < 10; i++) expect(same(products(), alone)).toBe(true);
      });
    }
    expect(helped).toBeGreaterThan(0);
    expect(warnings()).toEqual([]);
  });

  it.each([
    ["dies", "view(c, call[1]).fill(1e9); process.exit()"],
    ["is held up, and writes later", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000); compute()"],
  ])("gets them also where a helper %s in the middle of a product, with one warning", async (_, deed) => {
    const alone = await aloneThen(2, misbehaving(deed));
    const until = performance.now() + 40_000;
    while (threads().online === 2 && performance.now() < until) expect(same(products(), alone)).toBe(true);
    for (let i = 0; i < 3; i++) expect(same(products(), alone)).toBe(true);
    await null; // the warning comes when the call is through
    expect(warnings()).toEqual([expect.stringMatching(/fell silent, its work.*; computing on one thread$/)]);
  });
});

it("a tensor that a silent helper may still write to is returned to the allocator when the helper has ended", async () => {
  await tf.setBackend("wasm");
  const alone = await aloneThen(2, misbehaving("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)"));
  const { wasm } = tf.backend() as Backend;
  const free = wasm._free;
  const until = performance.now() + 40_000;
  while (threads().online === 2 && performance.now() < until) expect(same(products(), alone)).toBe(true);
  expect(wasm._free).not.toBe(free);
  await vi.waitFor(() => expect(wasm._free).toBe(free), 10_000);
});
