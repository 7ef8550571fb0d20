/** Steps of optimizers, activations and their gradients on several threads: the bits of one, whatever becomes of a helper. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DType } from "../../src/common/dtype.js";
import { enableAll } from "../../tools/anew.js";
import { arrayOf, DTYPES, eachCase, randomFrom } from "../support/cases.js";
import { freshLibrary } from "../support/environment.js";
import { scriptOf } from "../support/misdeeds.js";

let threads: typeof import("affine-wasm/threads");
let runtime: typeof import("../../src/nn/runtime.js");
let policy: typeof import("../../src/engine/threads/policy.js");
let warn: ReturnType<typeof vi.spyOn>;
let folder: string;

async function fresh(): Promise<void> {
  await freshLibrary();
  threads = await import("affine-wasm/threads");
  runtime = await import("../../src/nn/runtime.js");
  policy = await import("../../src/engine/threads/policy.js");
  const { TEST } = await import("../../src/nn/sharedPasses.js");
  policy.TEST.factor = 1e12;
  TEST.least = 2;
  TEST.tile = 6;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "affine-threads-"));
  await fresh();
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  threads.stopThreads();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function enable(count: number, script?: string): Promise<void> {
  const file = join(folder, "helper.cjs");
  if (script) writeFileSync(file, script);
  await enableAll(threads, count, script === undefined ? script : pathToFileURL(file), () => warn.mockClear());
}

/** More than one job of 64 tiles of 6, and a last tile of one element. */
const LENGTHS = [2, 6, 7, 13, 300, 64 * 6 + 9, 3 * 64 * 6 + 1];

/** All passes once, of so many elements: their results. Each array has a neighbour on both sides, which stays as it is. */
function passes(dtype: DType, length: number, seed: number): number[] {
  const { heap, kernels: both } = runtime.runtimeInUse();
  const kernels = both[dtype];
  const random = randomFrom(seed);
  const size = dtype === "float32" ? 4 : 8;
  const view = dtype === "float32" ? Float32Array : Float64Array;
  const block = heap.allocate(5 * (length + 2) * size);
  const all = () => new view(heap.buffer as ArrayBuffer, block, 5 * (length + 2));
  const at = (i: number) => block + (i * (length + 2) + 1) * size;
  const [w, g, m, v, y] = [at(0), at(1), at(2), at(3), at(4)] as [number, number, number, number, number];
  const start = () => {
    all().set(
      arrayOf(dtype, 5 * (length + 2), random).map((value, i) =>
        i >= 3 * (length + 2) && i < 4 * (length + 2) ? value * value : value,
      ),
    );
  };
  const results: number[] = [];
  const calls: (() => void)[] = [
    () => kernels.adam(length, w, g, m, v, 0.1, 0.9, 0.99, 1e-8, 0.01, 0, 0.1, 0.01),
    () => kernels.adam(length, w, g, m, v, 0.1, 0.9, 0.99, 1e-8, 0.01, 1, 0.1, 0.01),
    () => kernels.sgd(length, w, g, v, 0.1, 0.9, 0.01, 1),
    () => kernels.sgd(length, w, g, 0, 0.1, 0, 0.01, 0),
    ...[0, 1, 2, 3, 4, 5, 6].flatMap((kind) => [
      () => kernels.activate(kind, length, w, y, 0.25),
      () => kernels.activate(kind, length, y, y, 0.25),
      () => kernels.activationGradient(kind, length, w, g, y, 0.25),
      () => kernels.activationGradient(kind, length, w, g, g, 0.25),
      () => kernels.activationGradient(kind, length, w, g, w, 0.25),
    ]),
  ];
  for (const call of calls) {
    start();
    call();
    results.push(...all());
  }
  heap.free(block);
  return results;
}

const same = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

/** What one thread computes, in a library of its own. */
async function alone(lengths: readonly number[]): Promise<number[][]> {
  const results = DTYPES.flatMap((dtype) => lengths.map((length) => passes(dtype, length, length)));
  await fresh();
  return results;
}

describe("passes over elements", () => {
  it("have room for their tiles and gates in the scratch space of a helper", () => {
    // Not exported: that would cost users bytes.
    const source = readFileSync(new URL("../../src/nn/sharedPasses.ts", import.meta.url), "utf8");
    const [tiles, gates] = ["TILES", "GATES"].map((name) =>
      Number(new RegExp(`^const ${name} = ([\\d_]+);`, "m").exec(source)?.[1]?.replaceAll("_", "")),
    ) as [number, number];
    expect(gates).toBeGreaterThanOrEqual(3 * 8192 * 8);
    expect(runtime.runtimeInUse().backend.exports.scratchBytes.value).toBeGreaterThanOrEqual(gates + 4 * tiles);
  });

  it.each([2, 3, 5])("on %i threads give the bits of one, and change nothing beside their results", async (count) => {
    const expected = await alone(LENGTHS);
    await enable(count);
    runtime.runtimeInUse();
    const before = policy.TEST.helped;
    // On a busy machine helpers come late.
    for (let i = 0; i < 10 || (policy.TEST.helped < before + 1000 && i < 2000); i++) {
      let at = 0;
      eachCase(
        DTYPES.flatMap((dtype) => LENGTHS.map((length) => [dtype, length] as const)),
        ([dtype, length]) => {
          expect(same(passes(dtype, length, length), expected[at++] as number[])).toBe(true);
        },
      );
    }
    expect(policy.TEST.helped).toBeGreaterThan(before + 999);
    expect(warn).not.toHaveBeenCalled();
  });

  /**
   * Where a helper is in its third tile: `tile` computes it; `gate` and `scratch` are where they are in memory, `p` is what the pass
   * overwrites. To stop after the results are complete, but before all are at their places, half of them are put back.
   */
  const stages = {
    "before it has begun": "DEED",
    "when its results lie half complete in its scratch space": "view(scratch, 3).fill(1e9); DEED",
    "when its results are complete, and half of them at their places":
      "const old = view(p, 3).slice(); tile(...call); view(p, 3).set(old); DEED",
    "when it is through, but has not said so": "tile(...call); DEED",
  };
  const deeds = {
    "is killed": "process.exit()",
    "hangs for ever": "for (;;);",
    "is held up, and goes on later":
      "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000); tile(...call)",
  };
  const cases = Object.entries(stages).flatMap(([when, stage]) =>
    Object.entries(deeds).map(([what, deed]) => [`${what} ${when}`, stage.replace("DEED", deed)] as const),
  );

  it.each(cases)("have no wrong result where a helper %s", async (_, deed) => {
    const expected = (await alone([300])) as [number[], number[]];
    await enable(3, misbehaving(deed));
    const until = performance.now() + 40_000;
    while (threads.threads().online === 3 && performance.now() < until) {
      expect(same(passes("float32", 300, 300), expected[0])).toBe(true);
    }
    expect(threads.threads().online).toBe(1);
    for (let i = 0; i < 3; i++) expect(same(passes("float64", 300, 300), expected[1])).toBe(true);
    await told();
  });

  it("have no wrong result where the caller's own console.warn runs such passes, too: it is called when they are through", async () => {
    const expected = (await alone([3000])) as [number[], number[]];
    await enable(3, misbehaving("process.exit()"));
    const inside: boolean[] = [];
    let running = false;
    warn.mockImplementation(() => {
      inside.push(running, same(passes("float64", 3000, 3000), expected[1]));
    });
    const until = performance.now() + 40_000;
    while (threads.threads().online === 3 && performance.now() < until) {
      running = true;
      const results = passes("float32", 3000, 3000);
      running = false;
      expect(same(results, expected[0])).toBe(true);
    }
    await told();
    expect(inside).toEqual([false, true]);
  });
});

/** One warning, which comes when the call is through. */
async function told(): Promise<void> {
  await null;
  expect(warn.mock.calls.flat()).toEqual([
    "affine-wasm/threads: a helper thread fell silent, its work was redone; computing on one thread",
  ]);
}

/** A helper's script that misbehaves at its third tile. */
function misbehaving(deed: string): string {
  const body = `const tile = tileF32; const [p, scratch] = [call[2], call[14]]; if (++calls === 3) { ${deed} } else tile(...call);`;
  return scriptOf("tileF32", body);
}
