/** `affine-wasm/threads` as its users call it: on, off, refused. */
import { availableParallelism } from "node:os";
import { isMainThread } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { anewWhileBusy } from "../../tools/anew.js";
import { eachCase, wrong } from "../support/cases.js";
import { compiled } from "../support/environment.js";
import {
  enable,
  expected,
  freshAgain,
  freshForEach,
  helped,
  largeLayer,
  library,
  shareAll,
  start,
  threads,
  warn,
} from "../support/threadsInUse.js";

freshForEach();

describe("enableThreads", () => {
  it("lets the same calls compute the same bits, in memory that threads share", async () => {
    const alone = await expected();
    const status = { wanted: 3, online: 3, reason: null };
    expect(await enable(3)).toEqual(status);
    start();
    expect(library.tensor(4).data.buffer).toBeInstanceOf(SharedArrayBuffer);
    shareAll();
    // On a busy machine helpers come late.
    for (let i = 0; i < 20 || (helped() === 0 && i < 2000); i++) expect(largeLayer()).toEqual(alone);
    expect(helped()).toBeGreaterThan(0);
    expect(threads.threads()).toEqual(status);
    expect(warn).not.toHaveBeenCalled();
  });

  it("asks for as many threads as there are cores, four at most", async () => {
    const { wanted } = await threads.enableThreads();
    expect(wanted).toBe(isMainThread ? Math.min(4, availableParallelism()) : 1);
  });

  it("comes before the first use", async () => {
    start();
    const refused = "enableThreads: threads come before the first use of the library";
    await expect(threads.enableThreads({ threads: 2 })).rejects.toThrow(refused);
  });

  it("comes once, unless threads were stopped before the first use", async () => {
    const twice = async () => {
      const first = threads.enableThreads({ threads: 2 });
      await expect(threads.enableThreads({ threads: 2 })).rejects.toThrow("enableThreads: threads are enabled already");
      return first;
    };
    await anewWhileBusy(twice, ({ reason }) => reason, freshAgain);
    threads.stopThreads();
    expect(threads.threads()).toEqual({ wanted: 2, online: 1, reason: "stopThreads() was called" });
    expect(await enable(2)).toEqual({ wanted: 2, online: 2, reason: null });
  });

  it("may be awaited later: a use that comes first shares its memory, and helpers join when they are there", async () => {
    const used = async () => {
      const enabled = threads.enableThreads({ threads: 2 });
      start();
      expect(library.tensor(4).data.buffer).toBeInstanceOf(SharedArrayBuffer);
      return { before: largeLayer(), status: await enabled };
    };
    const { before, status } = await anewWhileBusy(used, ({ status }) => status.reason, freshAgain);
    expect(status.online).toBe(2);
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
    await enable(2);
    library.initSync(compiled);
    expect(library.tensor(4).data.buffer).toBeInstanceOf(ArrayBuffer);
    await null; // the warning comes when the call is through
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
    await enable(2);
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

describe("memory", () => {
  it("grows while helpers sleep, work, and start", async () => {
    const alone = await expected();
    await enable(2);
    start();
    shareAll();
    const held: { dispose(): void }[] = [];
    eachCase(Array(30).keys(), () => {
      held.push(library.tensor(1 << 19));
      expect(largeLayer()).toEqual(alone);
    });
    expect(helped()).toBeGreaterThan(0);
    for (const each of held) each.dispose();
  });
});
