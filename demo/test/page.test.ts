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

eachPage((open, kind) => {
  test.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 360],
    ["dark", 1920],
  ] as const)(
    "axe-core finds nothing in %s colours at %i pixels, and nothing sticks out",
    async (colorScheme, width) => {
      const { page } = await open({ colorScheme, viewport: { width, height: 800 } });
      // Also what is not shown at first.
      await page.locator("details").evaluate((details: HTMLDetailsElement) => {
        [details.hidden, details.open] = [false, true];
        for (const hidden of document.querySelectorAll("main [hidden], footer [hidden]"))
          hidden.removeAttribute("hidden");
      });
      expect(await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches)).toBe(
        colorScheme === "dark",
      );
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    },
  );

  test("is under a strict policy, and asks for its own files only", async () => {
    const { page, requests } = await open();
    await page.waitForLoadState("networkidle");
    // That none of them goes elsewhere is looked at after every test.
    expect(requests.length).toBeGreaterThan(2);
    expect(POLICY).toContain("default-src 'none'");
    expect(POLICY).not.toMatch(/unsafe-inline|'unsafe-eval'|data:|\*/);
  });

  test.each(["reduce", "no-preference"] as const)("with motion %s, moves accordingly", async (reducedMotion) => {
    const { page } = await open({ reducedMotion });
    const moving = await page.evaluate(() => ({
      scrolling: getComputedStyle(document.documentElement).scrollBehavior,
      elements: [...document.querySelectorAll("*")].filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return /[1-9]/.test(transitionDuration) || animationName !== "none";
      }).length,
    }));
    expect(moving).toEqual({ scrolling: reducedMotion === "reduce" ? "auto" : "smooth", elements: 0 });
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
});
