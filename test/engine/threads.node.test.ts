/** `affine-wasm/threads` as its users call it: on, off, refused, and with helpers that fail in every way they can. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { isMainThread } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { helperScript } from "../../src/engine/threads/helperScript.js";
import { eachCase, wrong } from "../support/cases.js";
import { binary, bytes, compiled, freshLibrary } from "../support/environment.js";

type Library = typeof import("affine-wasm");
type Threads = typeof import("affine-wasm/threads");

let threads: Threads;
let library: Library;
let warn: ReturnType<typeof vi.spyOn>;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "affine-threads-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  library = await freshLibrary();
  threads = await import("affine-wasm/threads");
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  threads.stopThreads();
  vi.restoreAllMocks();
});

/** Starts the library with the binary under test. */
function start(): void {
  library.initSync(bytes as Uint8Array<ArrayBuffer>);
}

/** A layer that is large enough to be shared, on numbers whose sums are exact: y, dX and dW. */
function largeLayer(batch = 64) {
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

async function expected(batch?: number): Promise<number[]> {
  const shared = library;
  library = await freshLibrary();
  start();
  const result = largeLayer(batch);
  library = shared;
  return result;
}

/** `enableThreads` waits for helpers for a second at most; on a busy machine they may come later. */
async function allOnline(enabled: Promise<{ readonly wanted: number }>) {
  const { wanted } = await enabled;
  await vi.waitFor(() => expect(threads.threads().online).toBe(wanted), 20_000);
  return threads.threads();
}

describe("enableThreads", () => {
  it("lets the same calls compute the same bits, in memory that threads share", async () => {
    const alone = await expected();
    const status = { wanted: 3, online: 3, reason: null };
    expect(await allOnline(threads.enableThreads({ threads: 3 }))).toEqual(status);
    start();
    expect(library.tensor(4).data.buffer).toBeInstanceOf(SharedArrayBuffer);
    for (let i = 0; i < 20; i++) expect(largeLayer()).toEqual(alone);
    expect(threads.threads()).toEqual(status);
    expect(warn).not.toHaveBeenCalled();
  });

  it("asks for as many threads as there are cores, four at most", async () => {
    const { wanted } = await threads.enableThreads();
    expect(wanted).toBe(isMainThread ? Math.min(4, availableParallelism()) : 1);
  });

  it("comes before the first use", async () => {
    start();
    const refused = "enableThreads: the library is in use already, and threads come before the first use";
    await expect(threads.enableThreads({ threads: 2 })).rejects.toThrow(refused);
  });

  it("comes once, unless threads were stopped before the first use", async () => {
    const first = threads.enableThreads({ threads: 2 });
    await expect(threads.enableThreads({ threads: 2 })).rejects.toThrow("enableThreads: threads are enabled already");
    await first;
    threads.stopThreads();
    expect(threads.threads()).toEqual({ wanted: 2, online: 1, reason: "stopThreads() was called" });
    expect(await allOnline(threads.enableThreads({ threads: 2 }))).toEqual({ wanted: 2, online: 2, reason: null });
  });

  it("may be awaited later: a use that comes first shares its memory, and helpers join when they are there", async () => {
    const enabled = threads.enableThreads({ threads: 2 });
    start();
    expect(library.tensor(4).data.buffer).toBeInstanceOf(SharedArrayBuffer);
    const before = largeLayer();
    expect((await allOnline(enabled)).online).toBe(2);
    expect(largeLayer()).toEqual(before);
  });

  it("names a bad argument", async () => {
    const bad: [unknown, typeof Error, string][] = [
      [{ thread: 2 }, RangeError, 'enableThreads: options has no "thread"; there are threads, workerUrl'],
      [{ threads: "2" }, TypeError, "enableThreads: threads must be a number, got a string"],
      [{ threads: 0 }, RangeError, "enableThreads: threads must be at least 1, got 0"],
      [{ threads: 65 }, RangeError, "enableThreads: threads must be a whole number from 0 to 64, got 65"],
      [{ workerUrl: 1 }, TypeError, "enableThreads: workerUrl must be a string or a URL, got the number 1"],
    ];
    for (const [options, kind, message] of bad) {
      const error = await threads.enableThreads(wrong(options)).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(kind);
      expect(error.message).toBe(message);
    }
  });

  it("says that a compiled module cannot be shared, and computes alone in memory of its own", async () => {
    await threads.enableThreads({ threads: 2 });
    library.initSync(compiled);
    expect(library.tensor(4).data.buffer).toBeInstanceOf(ArrayBuffer);
    const reason = "threads need the bytes of a binary, not a compiled module";
    expect(threads.threads()).toEqual({ wanted: 2, online: 1, reason });
    expect(warn.mock.calls).toEqual([[`affine-wasm/threads: ${reason}; computing on one thread`]]);
  });

  it("says where memory cannot be shared, and computes alone", async () => {
    const there = globalThis.SharedArrayBuffer;
    Object.assign(globalThis, { SharedArrayBuffer: undefined });
    const status = await threads.enableThreads({ threads: 2 });
    Object.assign(globalThis, { SharedArrayBuffer: there });
    expect(status).toEqual({ wanted: 2, online: 1, reason: "this platform has no threads that share memory" });
    expect(warn).toHaveBeenCalledTimes(1);
    start();
    expect(largeLayer()).toEqual(await expected());
  });
});

describe("stopThreads", () => {
  it("does nothing without threads", () => {
    threads.stopThreads();
    expect(threads.threads()).toEqual({ wanted: 1, online: 1, reason: null });
  });

  it("may be called from a callback in the middle of a training", async () => {
    const { dense, meanSquaredError, Sequential, sgd } = await import("affine-wasm/nn");
    await threads.enableThreads({ threads: 2 });
    start();
    const net = new Sequential(300, [dense(200), dense(8)], { seed: 1 });
    const x = new Float32Array(64 * 300).fill(0.1);
    const targets = new Float32Array(64 * 8).fill(1);
    let calls = 0;
    const onEpoch = () => {
      calls++;
      threads.stopThreads();
    };
    await net.fit({ x, targets }, {
      epochs: 3,
      optimizer: sgd({ learningRate: 0.01 }),
      loss: meanSquaredError(),
      onEpoch,
    } as never);
    expect(calls).toBe(3);
    expect(threads.threads()).toEqual({ wanted: 2, online: 1, reason: "stopThreads() was called" });
    net.dispose();
  });
});

/** Runs in a helper in place of a product: `compute` is the product, `view(at, length)` the floats of C. */
const misdeeds = {
  "is killed before it has written anything": "process.exit()",
  "is killed when half of its tile is written": "view(c, 8).fill(1e9); process.exit()",
  throws: "view(c, 8).fill(1e9); throw new Error('out of order')",
  "hangs for ever": "view(c, 8).fill(1e9); for (;;);",
  "is held up, and writes later": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000); compute()",
};

/** A helper's script that misbehaves at its second product. */
function misbehaving(deed: string): URL {
  const script = `{
    const { Instance } = WebAssembly;
    let calls = 0;
    WebAssembly.Instance = function (module, imports) {
      const { exports } = new Instance(module, imports);
      const view = (at, length) => new Float32Array(imports.env.memory.buffer, at >>> 0, length);
      const gemmF32 = (...product) => {
        const c = product[11];
        const compute = () => exports.gemmF32(...product);
        if (++calls === 2) { ${deed} } else compute();
      };
      return { exports: { ...exports, gemmF32 } };
    };
  }
  ${helperScript}`;
  return scriptFile(script);
}

let files = 0;
function scriptFile(script: string): URL {
  const file = join(folder, `${files++}.cjs`);
  writeFileSync(file, script);
  return pathToFileURL(file);
}

describe("a helper that fails", () => {
  /** So large that helpers are woken for each product on the fastest binary, too, and come before it is through. */
  const batch = 256;

  it.each(Object.entries(misdeeds))("%s: no result is wrong, and there is one warning", async (_, deed) => {
    const alone = await expected(batch);
    const same = () => largeLayer(batch).every((value, i) => value === alone[i]);
    const { online } = await allOnline(threads.enableThreads({ threads: 3, workerUrl: misbehaving(deed) }));
    expect(online).toBe(3);
    start();
    const { used } = library.memoryUsage();
    // One thread would be through before a helper comes: so often that each gets to its second tile.
    const until = performance.now() + 40_000;
    while (threads.threads().online === 3 && performance.now() < until) expect(same()).toBe(true);
    for (let i = 0; i < 3; i++) expect(same()).toBe(true);
    expect(threads.threads().online).toBe(1);
    expect(warn.mock.calls).toEqual([
      [
        "affine-wasm/threads: a helper thread fell silent in a product, which was computed without it; computing on one thread",
      ],
    ]);
    expect(library.memoryUsage().used).toBe(used);
  });

  it("while nothing is computed is missed by nobody, with one warning", async () => {
    const script = "setTimeout(() => process.exit(), 300);";
    await threads.enableThreads({ threads: 2, workerUrl: scriptFile(`${helperScript}${script}`) });
    await vi.waitFor(() => expect(threads.threads().online).toBe(1), 10_000);
    start();
    expect(largeLayer()).toEqual(await expected());
    const reason = "a helper thread has ended: it was ended";
    expect(warn.mock.calls).toEqual([[`affine-wasm/threads: ${reason}; computing on one thread`]]);
  });

  const neverThere = {
    "never says that it is there": "setTimeout(() => {}, 1e6)",
    "ends at once": "",
    "cannot be parsed": "not JavaScript",
    "throws at once": "throw new Error('no')",
  };
  it.each(Object.entries(neverThere))("%s: one thread, memory of its own, one warning", async (_, script) => {
    const status = await threads.enableThreads({ threads: 2, workerUrl: scriptFile(script) });
    expect(status).toEqual({ wanted: 2, online: 1, reason: expect.stringContaining("helper thread") });
    expect(warn.mock.calls).toEqual([[`affine-wasm/threads: ${status.reason}; computing on one thread`]]);
    start();
    expect(library.tensor(4).data.buffer).toBeInstanceOf(ArrayBuffer);
    expect(largeLayer()).toEqual(await expected());
  });

  it("is not found: the same", async () => {
    const status = await threads.enableThreads({ threads: 2, workerUrl: "not a URL" });
    expect(status.reason).toMatch(/^a helper thread did not start: .*URL/);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe("memory", () => {
  it("grows while helpers sleep, work, and start", async () => {
    const alone = await expected();
    await threads.enableThreads({ threads: 2 });
    start();
    const held: { dispose(): void }[] = [];
    eachCase(Array(30).keys(), () => {
      held.push(library.tensor(1 << 19));
      expect(largeLayer()).toEqual(alone);
    });
    for (const each of held) each.dispose();
  });
});

/** Runs a program on the built package, in this engine. Returns what it printed. */
async function run(program: string): Promise<string> {
  const file = join(process.cwd(), `threads-${process.pid}-${files++}.tmp.mjs`);
  writeFileSync(file, program);
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...runFlags, file], { timeout: 20_000 });
    return stdout + stderr;
  } finally {
    rmSync(file);
  }
}
/** Deno's rights. */
const runFlags = process.versions.deno ? ["run", "--allow-all"] : [];

describe.runIf(binary === "simd")("a program with threads", () => {
  it.each([
    ["helpers awake", ""],
    ["helpers asleep", "await new Promise((resolve) => setTimeout(resolve, 100));"],
  ])("ends by itself, %s", async (_, more) => {
    const program = `
      import { enableThreads, threads } from "./dist/threads.js";
      import { Affine } from "./dist/index.js";
      await enableThreads({ threads: 3 });
      while (threads().online < 3) await new Promise((resolve) => setTimeout(resolve, 10));
      console.log(threads().online);
      new Affine(500, 500).forward(new Float32Array(500 * 500));
      ${more}
      console.log("last line");`;
    // How many came within a second is the machine's affair.
    expect(await run(program)).toMatch(/^[123]\nlast line\n$/);
  });

  it("has one in each of its own workers, whose number nobody knows", async () => {
    const worker = `
      import { parentPort } from "node:worker_threads";
      import { enableThreads } from "./dist/threads.js";
      import { tensor } from "./dist/index.js";
      const { wanted, online, reason } = await enableThreads();
      parentPort.postMessage([wanted, online, reason, tensor(1).data.buffer instanceof SharedArrayBuffer]);`;
    const file = join(process.cwd(), `threads-${process.pid}-${files++}.tmp.mjs`);
    writeFileSync(file, worker);
    try {
      const program = `
        import { Worker } from "node:worker_threads";
        for (let i = 0; i < 2; i++)
          new Worker(${JSON.stringify(file)}).on("message", (status) => console.log(JSON.stringify(status)));`;
      expect(await run(program)).toBe("[1,1,null,false]\n[1,1,null,false]\n");
    } finally {
      rmSync(file);
    }
  });

  it("finds the script of helpers in the package, too", () => {
    expect(readFileSync("dist/threads-worker.js", "utf8")).toContain(helperScript);
  });
});
