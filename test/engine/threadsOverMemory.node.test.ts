/** `affine-wasm/kernels` over a memory that threads share: with threads enabled, helpers compute there, too. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Kernels } from "../../src/kernels/abi.js";
import { enableAll } from "../../tools/anew.js";
import { arrayOf, DTYPES, eachCase, randomFrom } from "../support/cases.js";
import { freshLibrary, runnable } from "../support/environment.js";
import { misbehaving, misdeeds, slow } from "../support/misdeeds.js";

let threads: typeof import("affine-wasm/threads");
let instantiateKernels: typeof import("affine-wasm/kernels").instantiateKernels;
let policy: typeof import("../../src/engine/threads/policy.js");
let library: typeof import("affine-wasm");
let warn: ReturnType<typeof vi.spyOn>;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "affine-threads-"));
  library = await freshLibrary();
  threads = await import("affine-wasm/threads");
  ({ instantiateKernels } = await import("affine-wasm/kernels"));
  policy = await import("../../src/engine/threads/policy.js");
  policy.TEST.factor = 1e12;
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

const PAGES = 200;
const [M, N, K] = [37, 50, 41];
/** Where a program that owns a memory has put its things: the scratch space last, then what must stay as it is. */
const [A, B, BIAS, C, SCRATCH] = [65_536, 131_072, 196_608, 262_144, 327_680];
const CANARY = 0.625;

interface Run {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
}

function over(shared: boolean, variant: (typeof runnable)[number] | undefined): Run {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared });
  return { memory, kernels: instantiateKernels(memory, variant) };
}

/** Forward with both layouts of A and B, and a sum on top of C: a text of all bytes of C after each. */
function products({ memory, kernels }: Run, from = 0): string {
  const end = SCRATCH + kernels.scratchBytes.value;
  const canary = new Float32Array(memory.buffer, end, 64).fill(CANARY);
  const results = DTYPES.flatMap((dtype) => {
    const [gemm, size, view] =
      dtype === "float32" ? [kernels.gemmF32, 4, Float32Array] : [kernels.gemmF64, 8, Float64Array];
    const random = randomFrom(from + 3);
    for (const [at, length] of [
      [A, M * K],
      [B, K * N],
      [BIAS, N],
      [C, M * N],
    ] as const) {
      new view(memory.buffer as ArrayBuffer, at, length).set(arrayOf(dtype, length, random));
    }
    const [row, step] = [K * size, N * size];
    const calls: (() => void)[] = [
      () => gemm(M, N, K, A, row, size, B, step, size, BIAS, 0, C, step, 1, SCRATCH),
      () => gemm(M, N, K, A, size, M * size, B, size, row, 0, 0, C, step, 0, SCRATCH),
      () => gemm(M, N, K, A, row, size, B, step, size, C, step, C, step, 0, SCRATCH),
    ];
    return calls.map((call) => {
      call();
      return Buffer.from(new Uint8Array(memory.buffer, C, M * N * size)).toString("base64");
    });
  });
  expect(canary.every((value) => value === CANARY)).toBe(true);
  return results.join();
}

const isSame = (a: Float32Array, b: Float32Array) => a.every((value, i) => Object.is(value, b[i]));

describe("kernels over a memory that threads share", () => {
  it("compute with helpers, in every variant, the bits that one thread computes in another's memory", async () => {
    await enable(3);
    eachCase(runnable, (variant) => {
      const [alone, shared] = [over(false, variant), over(true, variant)];
      expect(shared.kernels.scratchBytes.value).toBe(3 * alone.kernels.scratchBytes.value);
      const before = policy.TEST.helped;
      // On a busy machine helpers are late for products as small as these.
      for (let i = 0; i < 10 || (policy.TEST.helped === before && i < 10_000); i++) {
        expect(products(shared, i) === products(alone, i)).toBe(true);
      }
      expect(policy.TEST.helped).toBeGreaterThan(before);
    });
    expect(warn).not.toHaveBeenCalled();
  });

  it("compute by turns with a layer of the library, each in its own memory", async () => {
    await enable(2);
    const [alone, shared] = [over(false, undefined), over(true, undefined)];
    const layer = new library.Affine(30, 20, { seed: 1 });
    const x = Float32Array.from({ length: 50 * 30 }, (_, i) => (i % 7) - 3);
    const [y, expected] = [layer.forward(x), products(alone)];
    eachCase(Array(10).keys(), () => {
      expect(products(shared) === expected).toBe(true);
      expect(isSame(layer.forward(x), y)).toBe(true);
    });
  });

  it("trap where their operands are outside, and compute right after that", async () => {
    await enable(2);
    const [alone, shared] = [over(false, undefined), over(true, undefined)];
    const expected = products(alone);
    const outside = PAGES * 65536 - 4 * N;
    const { gemmF32 } = shared.kernels;
    eachCase(Array(5).keys(), () => {
      const call = () => gemmF32(M, N, K, A, 4 * K, 4, B, 4 * N, 4, 0, 0, outside, 4 * N, 0, SCRATCH);
      expect(call).toThrow(WebAssembly.RuntimeError);
      expect(products(shared) === expected).toBe(true);
    });
  });

  it("trap when helpers are through: none writes to what the next product has computed", async () => {
    // Each product of a helper takes 20 ms more, so that it is at a tile when this thread has trapped at its own.
    await enable(2, slow("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)"));
    const { memory, kernels } = over(true, undefined);
    const [m, n, k] = [80, 2, 2000];
    const [ones, twos, b, scratch] = [65_536, 65_536 * 12, 65_536 * 24, 65_536 * 25];
    // Its last row is outside of memory.
    const c = PAGES * 65_536 - 4 * n * (m - 1);
    const floats = (at: number, length: number) => new Float32Array(memory.buffer, at, length);
    floats(ones, m * k).fill(1);
    floats(twos, m * k).fill(2);
    floats(b, k * n).fill(1);
    const product = (rows: number, a: number) =>
      kernels.gemmF32(rows, n, k, a, 4 * k, 4, b, 4 * n, 4, 0, 0, c, 4 * n, 0, scratch);
    const before = policy.TEST.helped;
    for (let i = 0; i < 20 && policy.TEST.helped < before + 6; i++) {
      // The helper has gone to sleep, and takes a while to come.
      const seen = policy.TEST.helped;
      for (let j = 0; j < 1000 && policy.TEST.helped === seen && threads.threads().online === 2; j++)
        product(m - 1, ones);
      expect(() => product(m, ones)).toThrow(WebAssembly.RuntimeError);
      product(m - 1, twos);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(floats(c, (m - 1) * n).every((sum) => sum === 2 * k)).toBe(true);
    }
    expect(policy.TEST.helped).toBeGreaterThan(before);
  });

  it.each(Object.entries(misdeeds))(
    "where a helper %s: no result is wrong, and there is one warning",
    async (_, deed) => {
      await enable(3, misbehaving(deed));
      const expected = products(over(false, undefined));
      const shared = over(true, undefined);
      const until = performance.now() + 40_000;
      while (threads.threads().online === 3 && performance.now() < until) {
        expect(products(shared) === expected).toBe(true);
      }
      for (let i = 0; i < 3; i++) expect(products(shared) === expected).toBe(true);
      expect(threads.threads().online).toBe(1);
      await null; // the warning comes when the call is through
      expect(warn.mock.calls.flat()).toEqual([
        "affine-wasm/threads: a helper thread fell silent, its work was redone; computing on one thread",
      ]);
    },
  );

  it("are those of one thread before threads are enabled, after they have ended, and over memory that is not shared", async () => {
    const bytes = () => over(true, undefined).kernels.scratchBytes.value;
    const one = bytes();
    await enable(3);
    expect([bytes(), over(false, undefined).kernels.scratchBytes.value]).toEqual([3 * one, one]);
    threads.stopThreads();
    expect(bytes()).toBe(one);
  });
});

describe("a product that is left in the middle", () => {
  it("because the stack is full leaves the next ones right", async () => {
    await enable(2);
    const layer = new library.Affine(64, 96, { seed: 1 });
    const x = Float32Array.from({ length: 80 * 64 }, (_, i) => (i % 7) - 3);
    const y = layer.forward(x);
    let depth = 0;
    const deep = (): void => {
      depth++;
      if (depth % 8 === 0) layer.forward(x);
      deep();
    };
    eachCase(Array(10).keys(), () => {
      depth = 0;
      expect(deep).toThrow(RangeError);
      for (let i = 0; i < 5; i++) expect(isSame(layer.forward(x), y)).toBe(true);
    });
  });
});
