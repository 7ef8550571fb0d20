/** `affine-wasm/threads` with helpers that fail in every way they can. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { helperScript } from "../../src/engine/threads/helperScript.js";
import { anewWhileBusy } from "../../tools/anew.js";
import { misbehaving, misdeeds } from "../support/misdeeds.js";
import {
  enable,
  expected,
  freshAgain,
  freshForEach,
  largeLayer,
  library,
  start,
  threads,
  warn,
} from "../support/threadsInUse.js";

freshForEach();

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "affine-threads-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

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
    await enable(3, scriptFile(misbehaving(deed)));
    start();
    const { used } = library.memoryUsage();
    // One thread would be through before a helper comes: so often that each gets to its second tile.
    const until = performance.now() + 40_000;
    while (threads.threads().online === 3 && performance.now() < until) expect(same()).toBe(true);
    for (let i = 0; i < 3; i++) expect(same()).toBe(true);
    expect(threads.threads().online).toBe(1);
    await null; // the warning comes when the call is through
    expect(warn.mock.calls).toEqual([
      ["affine-wasm/threads: a helper thread fell silent, its work was redone; computing on one thread"],
    ]);
    expect(library.memoryUsage().used).toBe(used);
  });

  it("while nothing is computed is missed by nobody, with one warning", async () => {
    const script = "setTimeout(() => process.exit(), 300);";
    const workerUrl = scriptFile(`${helperScript}${script}`);
    const enabled = () => threads.enableThreads({ threads: 2, workerUrl });
    await anewWhileBusy(enabled, ({ reason }) => reason, freshAgain);
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

  const duringTheStart = { ends: "process.exit()", throws: "throw new Error('no')" };
  it.each(Object.entries(duringTheStart))(
    "%s while others start: one warning, for all that was lost in the start",
    async (_, deed) => {
      // Of four, two fail as soon as they have said that they are there, one stays, and for one all have to wait.
      const script = `
        let number = 0;
        for (const { mkdirSync } = require("node:fs"); ; number++) {
          try { mkdirSync(__filename + number); break; } catch {}
        }
        if (number % 4 === 3) setTimeout(() => {}, 1e6);
        else { ${helperScript}; if (number % 4 < 2) setTimeout(() => { ${deed} }, 20); }`;
      const workerUrl = scriptFile(script);
      const enabled = () => threads.enableThreads({ threads: 5, workerUrl });
      const status = await anewWhileBusy(enabled, ({ reason }) => reason, freshAgain);
      expect(status).toEqual({ wanted: 5, online: 2, reason: expect.stringMatching(/^a helper thread has ended: /) });
      expect(warn.mock.calls).toEqual([[`affine-wasm/threads: ${status.reason}; computing on 2 threads`]]);
      start();
      expect(largeLayer()).toEqual(await expected());
    },
  );

  it("is not found: the same", async () => {
    const status = await threads.enableThreads({ threads: 2, workerUrl: "not a URL" });
    expect(status.reason).toMatch(/^a helper thread did not start: .*URL/);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
