import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { expect, test } from "vitest";
import { eachPage, type Page, POLICY } from "./page.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds wrong, in short. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  expect(passes.length, "rules that axe-core checked").toBeGreaterThan(10);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}

eachPage((open, kind, origin) => {
  test.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 360],
    ["dark", 1920],
  ] as const)(
    "axe-core finds nothing in %s colours at %i pixels, and nothing sticks out",
    async (colorScheme, width) => {
      const { page } = await open({ colorScheme, viewport: { width, height: 800 } });
      await page.locator("details").evaluate((details: HTMLDetailsElement) => {
        details.open = true;
      });
      await page.locator("#measure-results").evaluate((results) => results.removeAttribute("hidden"));
      expect(await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches)).toBe(
        colorScheme === "dark",
      );
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    },
  );

  test("asks for nothing but its own origin's files, under a strict policy", async () => {
    const { page, requests } = await open();
    await page.waitForLoadState("networkidle");
    expect(requests.length).toBeGreaterThan(2);
    expect(requests.filter((url) => !url.startsWith(`${origin()}/`))).toEqual([]);
    expect(POLICY).toContain("default-src 'none'");
    expect(POLICY).not.toMatch(/unsafe-inline|'unsafe-eval'|data:|\*/);
  });

  test("is interactive in under a second", async () => {
    const { page } = await open();
    const milliseconds = await page.evaluate(() => {
      const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      return navigation?.domContentLoadedEventEnd ?? Number.NaN;
    });
    console.log(`${kind}: interactive after ${milliseconds.toFixed(0)} ms`);
    // The scripts run before DOMContentLoaded, so the matrices are there.
    expect(await page.locator(".matrix").count()).toBe(8);
    expect(milliseconds).toBeLessThan(1000);
  });

  test("can be used with the keyboard alone", async () => {
    const { page } = await open();
    const seen: string[] = [];
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: at } = document;
        const ring = at ? getComputedStyle(at).outlineStyle : "none";
        return `${at?.id || at?.getAttribute("aria-label") || at?.textContent?.trim()}|${ring}`;
      });
    for (let i = 0; i < 60 && !seen.includes("dY row 3 column 2"); i++) {
      await page.keyboard.press("Tab");
      const [name = "", ring] = (await focused()).split("|");
      expect(ring, `the focus ring of ${name}`).not.toBe("none");
      seen.push(name);
    }
    for (const name of [
      "Train",
      "hidden",
      "rate",
      "train-start",
      "pad",
      "pad-clear",
      "measure-start",
      "X row 1 column 1",
      "dY row 3 column 2",
    ])
      expect(seen).toContain(name);
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("5");
    // db, second column: -0.5 + 0.4 + 5.
    expect(await page.textContent("#matrix-dBias td:nth-child(2)")).toBe("4.90");
  });
});
