/** Threads in pages: isolated from other origins or not, under policies, and with workers that fail. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import { anewWhileBusy } from "../../../tools/anew.ts";
import { type Site, serve } from "../../../tools/server.ts";
import { scriptOf } from "../../support/misdeeds.ts";
import { type OutcomeVisit, openInEachBrowser } from "./open.ts";

const project = inject("project");
const isolated = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
const worker = "/node_modules/affine-wasm/dist/threads-worker.js";
/** One, in one sentence. */
const warnings = [expect.stringMatching(/^affine-wasm\/threads: .*; computing on one thread$/)];

let site: Site;
afterEach(() => site?.close());

const all = { wanted: 3, online: 3, reason: null };
const alone = (reason: unknown) => ({ wanted: 3, online: 1, reason });

/** Why a page had not all its threads at first. */
function reasonOf({ outcome }: OutcomeVisit): string | null {
  return (outcome as { value?: { before: { reason: string | null } } }).value?.before.reason ?? null;
}

/** What the app that trains reports. */
interface Training {
  readonly before: unknown;
  readonly after: unknown;
  readonly weights: readonly number[];
  /** Whether they were the same each time. */
  readonly same: boolean;
  readonly warnings: readonly string[];
}

/** The script of a worker that misbehaves at its second product. */
function misbehaving(deed: string): string {
  return `{
    const { Instance } = WebAssembly;
    let calls = 0;
    WebAssembly.Instance = function (module, imports) {
      const { exports } = new Instance(module, imports);
      const gemmF32 = (...product) => {
        if (++calls === 2) { ${deed} }
        exports.gemmF32(...product);
      };
      return { exports: { ...exports, gemmF32 } };
    };
  }
  ${readFileSync(join(project, worker), "utf8")}`;
}

openInEachBrowser((open) => {
  const visit = async (path: string, headers: Record<string, string>, script = "", page = "threads") => {
    const bad = { headers: { "content-type": "text/javascript" }, body: script };
    site = await serve(project, { headers, answers: { "/pages/bad.js": bad } });
    return open(
      `${site.origin}/pages/${page}.html${path}`,
      /Content.Security.Policy|bad\.js|nowhere\.js|404|out of order/i,
    );
  };

  /** A page that has all its threads at first. */
  const visitInTime = (...where: Parameters<typeof visit>) =>
    anewWhileBusy(
      () => visit(...where),
      reasonOf,
      () => site.close(),
    );

  describe("a page that is isolated from other origins", () => {
    it("has threads, from the text in the package", async () => {
      const { outcome } = await visitInTime("", isolated);
      expect(outcome).toEqual({ value: { before: all, after: all, shared: true, right: true, warnings: [] } });
    });

    it("has them from a file, under a policy that forbids workers from blobs", async () => {
      const policy = "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
      const { outcome } = await visitInTime(`?worker=${worker}`, { ...isolated, "content-security-policy": policy });
      expect(outcome).toEqual({ value: { before: all, after: all, shared: true, right: true, warnings: [] } });
    });

    it("is told of that policy if no file is named, and computes on one thread in memory of its own", async () => {
      const policy = "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
      const page = await visit("", { ...isolated, "content-security-policy": policy });
      const one = alone(expect.stringContaining("must allow blob: in worker-src, or workerUrl name a file"));
      expect(page.outcome).toEqual({ value: { before: one, after: one, shared: false, right: true, warnings } });
    });

    it.each([
      ["is not there", "?worker=nowhere.js", ""],
      ["never answers", "?worker=bad.js", "setTimeout(() => {}, 1e6)"],
      ["is no JavaScript", "?worker=bad.js", "not JavaScript"],
    ])("computes on one thread if the script of its workers %s", async (_, path, script) => {
      const page = await visit(path, isolated, script);
      const one = alone(expect.stringContaining("helper thread"));
      expect(page.outcome).toEqual({ value: { before: one, after: one, shared: false, right: true, warnings } });
    });

    it.each([
      ["hangs", "for (;;);"],
      ["closes itself", "self.close(); for (;;);"],
      ["throws", "throw new Error('out of order');"],
      ["goes on later", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);"],
    ])("goes on alone, with right results, if a worker %s in the middle of a product", async (_, deed) => {
      const page = await visitInTime("?worker=bad.js&fails=", isolated, misbehaving(deed));
      const fell = alone("a helper thread fell silent, its work was redone");
      expect(page.outcome).toEqual({ value: { before: all, after: fell, shared: true, right: true, warnings } });
    });
  });

  describe("a training whose activations and steps are shared", () => {
    const train = async (path: string, script?: string) => {
      const { outcome } = await visitInTime(path, isolated, script, "training");
      return (outcome as { value: Training }).value;
    };

    /** Where a worker is in its third tile of a pass: `p` is what the pass overwrites, `scratch` where its results come first. */
    it.each([
      ["hangs before it has begun", "for (;;);"],
      ["closes itself when half of its results are there", "view(scratch, 3).fill(1e9); self.close(); for (;;);"],
      [
        "throws when half of its results are at their places",
        "const old = view(p, 3).slice(); tileF32(...call); view(p, 3).set(old); throw new Error('out of order');",
      ],
      [
        "goes on later, all of it computed but not told",
        "tileF32(...call); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);",
      ],
    ])("has the weights of one thread if a worker %s", async (_, deed) => {
      const body = `const [p, scratch] = [call[2], call[14]]; if (++calls === 3) { ${deed} } else tileF32(...call);`;
      const one = await train("?threads=1");
      await site.close();
      const shared = await train("?threads=3&worker=bad.js", scriptOf("tileF32", body));
      expect(shared.before).toEqual(all);
      expect(shared.after).toEqual(alone("a helper thread fell silent, its work was redone"));
      expect(shared.warnings).toEqual(warnings);
      expect([one.same, shared.same]).toEqual([true, true]);
      expect(shared.weights.length).toBe(2 * 64 * 512);
      expect(shared.weights.every((value, i) => Object.is(value, one.weights[i]))).toBe(true);
    });
  });

  it("a page that is not isolated computes on one thread, and is told the headers that it lacks", async () => {
    const page = await visit("", {});
    const one = alone(expect.stringMatching(/Cross-Origin-Opener-Policy.*Cross-Origin-Embedder-Policy/));
    expect(page.outcome).toEqual({ value: { before: one, after: one, shared: false, right: true, warnings } });
  });
});
