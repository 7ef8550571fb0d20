/** The built page, served under the policy that it carries, in each browser. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { LATE } from "../../tools/anew.ts";
import { eachBrowser, type Kind, type Visit, type VisitOptions } from "../../tools/browsers.ts";
import { type Site, serve } from "../../tools/server.ts";
import { preferencesFor } from "./firefox.ts";

export type Page = Visit["page"];
export type Context = NonNullable<VisitOptions["context"]>;
export type Open = (context?: Context) => Promise<Visit>;

export const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

/** The policy in the page's head. Workers do not inherit that one, so the tests also send it with every answer. */
export const POLICY = (() => {
  const html = readFileSync(`${DIST}index.html`, "utf8");
  const found = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1];
  if (!found) throw new Error("the page carries no policy");
  return found.replaceAll("&#39;", "'");
})();

/** With these headers browsers let a page have threads; without them the page's service worker loads it again. */
export const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Where browsers report what the policy forbids. */
const REPORTS = "/policy-violated";

/**
 * The same tests in each browser. Whatever the page or the browser complains about fails them, and so does a request to
 * another origin, at any moment of any test.
 */
export function eachPage(tests: (open: Open, kind: Kind, site: () => Site) => void): void {
  let site: Site;
  let visits: Visit[] = [];
  beforeAll(async () => {
    const headers = { "content-security-policy": `${POLICY}; report-uri ${REPORTS}`, ...ISOLATION };
    site = await serve(DIST, { headers });
  });
  afterAll(() => site?.close());
  eachBrowser((go, kind) => {
    afterEach(() => {
      const urls = visits.flatMap(({ requests }) => requests);
      visits = [];
      expect(urls.filter((url) => new URL(url).origin !== site.origin)).toEqual([]);
      // What the policy stops before it is a request, also in the workers, whose complaints are not the page's.
      const reports = site.paths.filter((path) => path === REPORTS);
      site.paths.length = 0;
      expect(reports, "violations of the policy").toEqual([]);
    });
    const open: Open = async (options = {}) => {
      const context = { viewport: { width: 1280, height: 900 }, ...options };
      const preferences = kind === "Firefox" ? preferencesFor(context) : undefined;
      const visit = await go(`${site.origin}/`, { allowed: LATE, context, preferences });
      visits.push(visit);
      return visit;
    };
    tests(open, kind, () => site);
  });
}
