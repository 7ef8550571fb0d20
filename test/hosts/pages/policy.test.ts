/** Pages with a Content-Security-Policy, with and without leave for WebAssembly. */
import { join } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import { type Site, serve } from "../../../tools/server.ts";
import { openInEachBrowser } from "./open.ts";
import { worked } from "./worked.ts";

const project = inject("project");

/** Every site, and the call that its first use of WebAssembly comes from. */
const sites = [
  { name: "at the first use", root: "vite-main/dist", caller: "initSync", value: worked },
  { name: "with init(url)", root: "vite-url/dist", caller: "init", value: { backend: "simd", ...worked } },
  { name: "in a worker", root: "vite-in-worker/dist", caller: "initSync", value: worked },
];

const allowing = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const forbidding = ["script-src 'self'", "default-src 'self'"];

let site: Site;
afterEach(() => site?.close());

openInEachBrowser((open) => {
  describe.each(sites)("the library, started $name", ({ root, caller, value }) => {
    it("works under a policy with 'wasm-unsafe-eval'", async () => {
      site = await serve(join(project, root), { headers: { "content-security-policy": allowing } });
      const { outcome } = await open(site.origin);
      expect(outcome).toEqual({ value });
    });

    it.each(forbidding)("names the missing directive under the policy %s", async (policy) => {
      site = await serve(join(project, root), { headers: { "content-security-policy": policy } });
      // Firefox also reports what it blocked by itself, and names the directive there.
      const { outcome } = await open(site.origin, /blocked WebAssembly.*Missing 'wasm-unsafe-eval'/);
      const advice = "the page's Content-Security-Policy must allow 'wasm-unsafe-eval' in script-src";
      const message = expect.stringContaining(`${caller}: WebAssembly is blocked: ${advice} (`);
      expect(outcome).toEqual({ error: { name: "Error", message } });
    });
  });
});
