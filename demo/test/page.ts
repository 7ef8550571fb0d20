/** The built page, served under the policy that it carries, in each browser. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { eachBrowser, type Kind, type Visit, type VisitOptions } from "../../test/pages/browsers.ts";
import { type Site, serve } from "../../test/pages/server.ts";

export type Page = Visit["page"];
export type Open = (context?: VisitOptions["context"]) => Promise<Visit>;

export const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

/** The policy in the page's head. Workers do not inherit that one, so the tests also send it with every answer. */
export const POLICY = (() => {
  const html = readFileSync(`${DIST}index.html`, "utf8");
  const found = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1];
  if (!found) throw new Error("the page carries no policy");
  return found.replaceAll("&#39;", "'");
})();

/** The same tests in each browser. Whatever the page or the browser complains about fails them. */
export function eachPage(tests: (open: Open, kind: Kind, origin: () => string) => void): void {
  let site: Site;
  beforeAll(async () => {
    site = await serve(DIST, { headers: { "content-security-policy": POLICY } });
  });
  afterAll(() => site?.close());
  eachBrowser((go, kind) => {
    const open: Open = (context = {}) =>
      go(`${site.origin}/`, { context: { viewport: { width: 1280, height: 900 }, ...context } });
    tests(open, kind, () => site.origin);
  });
}
