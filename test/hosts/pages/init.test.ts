/** `init` in a page: what servers send in place of a binary, trying again, and several calls at once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { type Answer, refusedOrigin, type Site, serve } from "../../../tools/server.ts";
import type {} from "./apps/open.ts";
import type { Outcome } from "./apps/outcome.ts";
import { type OutcomeVisit, openInEachBrowser } from "./open.ts";
import { worked } from "./worked.ts";

const project = inject("project");
const simd = readFileSync(join(project, "node_modules/affine-wasm/dist/wasm/simd.wasm"));
const html = "<!doctype html><title>The app, whatever you ask for</title>";

const served = (type: string, body: string | Uint8Array): Answer => ({ headers: { "content-type": type }, body });
const answers = {
  "/pages/simd.wasm": served("application/wasm", simd),
  "/pages/octets.wasm": served("application/octet-stream", simd),
  "/pages/text.wasm": served("text/plain", simd),
  "/pages/fallback.wasm": served("text/html", html),
  "/pages/half.wasm": served("application/wasm", simd.subarray(0, simd.length / 2)),
};

/** What each browser says of a connection that nobody accepts. */
const UNREACHABLE = /^(Failed to fetch|NetworkError when attempting to fetch resource\.)$/;
/** The browsers' own reports of a request that failed. */
const REPORTED = /^console: Failed to load resource: |CORS request did not succeed/;

let site: Site;
beforeEach(async () => {
  site = await serve(project, { answers });
});
afterEach(() => site.close());

type Page = OutcomeVisit["page"];

/** `init` with a URL, or with the promise of its response; then the name of what runs. */
function start(page: Page, url: string, as: "url" | "response" = "url"): Promise<Outcome> {
  const task = ([url, as]: string[]) =>
    window.outcomeOf(async () => {
      await window.affine.init(as === "url" ? url : fetch(url as string));
      return window.affine.backend();
    });
  return page.evaluate(task, [url, as]);
}

async function expectWorks(page: Page, instances = 1): Promise<void> {
  expect(await page.evaluate(() => window.workedExample())).toEqual(worked);
  expect(await page.evaluate(() => window.instances), "instances made").toBe(instances);
}

openInEachBrowser((open) => {
  const openPage = async (allowed?: RegExp) => (await open(`${site.origin}/pages/open.html`, allowed)).page;

  describe.each(["url", "response"] as const)("init, given a %s,", (as) => {
    it.each(["simd", "octets", "text"])("starts from a binary of whatever content type: %s.wasm", async (name) => {
      const page = await openPage();
      expect(await start(page, `${name}.wasm`, as)).toEqual({ value: "simd" });
      await expectWorks(page);
      expect(site.paths.at(-1), "relative to the page").toBe(`/pages/${name}.wasm`);
    });

    it("says that the server answered 404, and starts when tried again", async () => {
      const page = await openPage(REPORTED);
      const message = `init: ${site.origin}/pages/missing.wasm answered 404 Not Found`;
      expect(await start(page, "missing.wasm", as)).toEqual({ error: { name: "Error", message } });
      expect(await start(page, "simd.wasm", as)).toEqual({ value: "simd" });
      await expectWorks(page);
    });

    it("says that an HTML page came in place of the binary, and starts when tried again", async () => {
      const page = await openPage();
      const what = `(${html.length} bytes, content type text/html)`;
      const message = `init: ${site.origin}/pages/fallback.wasm is not a WebAssembly binary ${what}`;
      expect(await start(page, "fallback.wasm", as)).toEqual({ error: { name: "Error", message } });
      expect(await start(page, "simd.wasm", as)).toEqual({ value: "simd" });
      await expectWorks(page);
    });

    it("says that a binary is cut short, and starts when tried again", async () => {
      const page = await openPage();
      const message = expect.stringContaining(`init: ${site.origin}/pages/half.wasm cannot be instantiated: `);
      expect(await start(page, "half.wasm", as)).toEqual({ error: { name: "Error", message } });
      expect(await start(page, "simd.wasm", as)).toEqual({ value: "simd" });
      await expectWorks(page);
    });

    it("says that a server cannot be reached, and starts when tried again", async () => {
      const page = await openPage(REPORTED);
      const refused = `${await refusedOrigin()}/simd.wasm`;
      const outcome = await start(page, refused, as);
      // A promise that the page made fails with the browser's own error.
      const [name, prefix] = as === "url" ? ["Error", `init: ${refused} cannot be read: `] : ["TypeError", ""];
      expect(outcome).toEqual({ error: { name, message: expect.stringContaining(prefix) } });
      expect((outcome as { error: Error }).error.message.slice(prefix.length)).toMatch(UNREACHABLE);
      expect(await start(page, "simd.wasm", as)).toEqual({ value: "simd" });
      await expectWorks(page);
    });
  });

  it("a failed init leaves the first use to start by itself", async () => {
    const page = await openPage(REPORTED);
    expect(await start(page, "missing.wasm")).toHaveProperty("error");
    await expectWorks(page);
  });

  it("ten calls at once with different sources make one instance", async () => {
    const page = await openPage();
    const started = await page.evaluate(async () => {
      const { init, backend } = window.affine;
      const bytes = await (await fetch("simd.wasm")).arrayBuffer();
      // None of them is there at once: every call finds nothing running, and waits.
      await Promise.all([
        init("simd.wasm"),
        init("text.wasm"),
        init(new URL("simd.wasm", location.href)),
        init(new URL("octets.wasm", location.href)),
        init(fetch("simd.wasm")),
        init(fetch("text.wasm")),
        init(fetch("octets.wasm").then((response) => response.arrayBuffer())),
        init(new Response(bytes)),
        init(WebAssembly.compile(bytes)),
        init(new Blob([bytes]).arrayBuffer()),
      ]);
      return backend();
    });
    expect(started).toBe("simd");
    await expectWorks(page);
  });

  it("of two calls at once, one that fails does not stop the other", async () => {
    const page = await openPage();
    const outcomes = await Promise.all([start(page, "fallback.wasm"), start(page, "simd.wasm")]);
    expect(outcomes).toEqual([{ error: expect.anything() }, { value: "simd" }]);
    await expectWorks(page);
  });

  it("a first use while init fetches keeps its instance", async () => {
    const page = await openPage();
    const used = await page.evaluate(async () => {
      const { fetch } = window;
      let used = "";
      window.fetch = (...request) => {
        window.workedExample();
        used = window.affine.backend();
        return fetch(...request);
      };
      await window.affine.init("simd.wasm");
      return used === window.affine.backend() ? "kept" : `${used} was replaced`;
    });
    expect(used).toBe("kept");
    expect(site.paths.at(-1)).toBe("/pages/simd.wasm");
    await expectWorks(page);
  });

  it("init after the first use resolves, and fetches nothing", async () => {
    const page = await openPage();
    await expectWorks(page);
    const asked = site.paths.length;
    const variant = await page.evaluate(() => window.affine.backend());
    expect(await start(page, "simd.wasm")).toEqual({ value: variant });
    expect(site.paths.length).toBe(asked);
    await expectWorks(page);
  });
});
