/** The built site in real browsers: built by the test. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eachBrowser, type Visit } from "../../tools/browsers.js";
import { type Site, serve } from "../../tools/server.js";

const DIST = "docs/.vitepress/dist";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site: Site;
let paths: string[] = [];

beforeAll(async () => {
  if (!process.env.DOCS_BUILT)
    execFileSync("npm", ["run", "--silent", "docs:build"], { stdio: ["ignore", "ignore", "inherit"] });
  paths = readdirSync(DIST, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".html") && !name.startsWith("page/") && name !== "404.html")
    .map((name) => `/${name}`);
  site = await serve(DIST);
}, 300_000);
afterAll(() => site?.close());

type Page = Visit["page"];

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({ iframes: false }),
  );
  expect(found.passes.length, "rules that axe-core checked").toBeGreaterThan(10);
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}

eachBrowser((go) => {
  test("every page loads without a complaint or a request elsewhere, and its links lead somewhere", async () => {
    expect(paths.length).toBeGreaterThan(20);
    // Leaving a page breaks off what its service worker is still fetching, of which Firefox complains.
    const { page, requests } = await go(`${site.origin}/`, { allowed: /A ServiceWorker intercepted the request/ });
    const links = new Set<string>();
    for (const path of paths) {
      await page.goto(`${site.origin}${path}`);
      for (const link of await page.$$eval("main a[href], .VPContent a[href]", (all) =>
        all.map((a) => (a as HTMLAnchorElement).href),
      ))
        if (link.startsWith(site.origin)) links.add(link);
    }
    expect(requests.filter((url) => new URL(url).origin !== site.origin)).toEqual([]);
    expect(links.size).toBeGreaterThan(20);
    for (const link of links) {
      const [address, anchor] = link.split("#") as [string, string?];
      const response = await fetch(address);
      expect(response.status, link).toBe(200);
      if (anchor) expect(await response.text(), link).toContain(`id="${decodeURIComponent(anchor)}"`);
    }
  }, 180_000);

  test.each(["dWeight", "enableThreads", "classWeights"])("the search finds %s", async (word) => {
    const { page } = await go(`${site.origin}/`);
    await page.getByRole("button", { name: "Search" }).first().click();
    await page.getByRole("searchbox").or(page.locator("#localsearch-input")).first().fill(word);
    await page.locator("#localsearch-list .result").first().waitFor();
    expect(await page.locator("#localsearch-list .result").count()).toBeGreaterThan(0);
  });

  test.each([
    ["light", 360],
    ["dark", 360],
    ["light", 1920],
    ["dark", 1920],
  ] as const)(
    "axe-core finds nothing in %s colours at %i pixels, and nothing sticks out",
    async (colorScheme, width) => {
      const { page } = await go(`${site.origin}/`, { context: { colorScheme, viewport: { width, height: 800 } } });
      for (const path of ["/index.html", "/start.html", "/guide/networks.html", "/errors.html"]) {
        await page.goto(`${site.origin}${path}`);
        expect(await violations(page), path).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), path).toBeLessThanOrEqual(
          0,
        );
      }
    },
  );

  test("works without a network once it is loaded", async () => {
    const own = await serve(DIST);
    const { page } = await go(`${own.origin}/`);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await own.close();
    await page.goto(`${own.origin}/guide/layer.html`);
    await page.getByRole("heading", { name: "The layer" }).first().waitFor();
  });
});
