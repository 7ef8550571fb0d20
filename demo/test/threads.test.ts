import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { createServer, preview } from "vite";
import { expect, test } from "vitest";
import { anewWhileBusy, LATE } from "../../tools/anew.ts";
import { eachBrowser, type Go } from "../../tools/browsers.ts";
import { type Answer, type Site, serve } from "../../tools/server.ts";
import { DIST, ISOLATION, type Page, POLICY } from "./page.ts";

const KEPT = "it works without a network";
/** As the browsers count, too. */
const CORES = availableParallelism();
const CONFIG = fileURLToPath(new URL("../vite.config.ts", import.meta.url));

const isolated = (page: Page) => page.evaluate(() => crossOriginIsolated);
const choices = (page: Page) => page.$$eval("#threads option", (all) => all.map(({ textContent }) => textContent));
const note = (page: Page) => page.textContent("#threads-note");

/** Trains for a moment; returns how many threads the page says that it took. */
async function threadsOfTraining(page: Page): Promise<number> {
  await page.getByRole("button", { name: /Start training|Resume/ }).click();
  await page.waitForFunction(() => Number(document.getElementById("figure-epochs")?.textContent) > 0.2);
  await page.getByRole("button", { name: "Pause" }).click();
  const text = (await page.textContent("#figure-threads")) ?? "";
  return text === ", one thread" ? 1 : Number(/^, (\d+) threads$/.exec(text)?.[1]);
}

const isolatedSite = () => serve(DIST, { headers: { "content-security-policy": POLICY, ...ISOLATION } });

/**
 * Tests a page that needs its threads; another page of another site, where it says that helpers were late.
 *
 * @param allowed complaints beside that one
 */
async function inTime(go: Go, start: () => Promise<Site>, body: (page: Page) => Promise<void>, allowed = LATE) {
  const attempt = async () => {
    const site = await start();
    const { page } = await go(`${site.origin}/`, { allowed: new RegExp(`${LATE.source}|${allowed.source}`) });
    const late = new Promise<string>((resolve) => {
      page.on("console", (message) => LATE.test(message.text()) && resolve(message.text()));
    });
    try {
      return await Promise.race([late, body(page).then(() => null)]);
    } finally {
      await page.close();
      await site.close();
    }
  };
  await anewWhileBusy(attempt, (reason) => reason);
}

/** How often the page was loaded. */
function countLoads(page: Page): { readonly count: number } {
  const loads = { count: 1 };
  page.on("load", () => loads.count++);
  return loads;
}

test.each([
  ["preview", async () => preview({ configFile: CONFIG, logLevel: "silent", preview: { port: 0, host: "127.0.0.1" } })],
  [
    "development server",
    async () =>
      (await createServer({ configFile: CONFIG, logLevel: "silent", server: { port: 0, host: "127.0.0.1" } })).listen(),
  ],
])("the project's own %s isolates the page from other origins", async (_, start) => {
  const server = await start();
  const address = server.httpServer?.address();
  if (!address || typeof address === "string") throw new Error("no port");
  const { headers } = await fetch(`http://127.0.0.1:${address.port}/`);
  for (const [name, value] of Object.entries(ISOLATION)) expect(headers.get(name), name).toBe(value);
  await server.close();
});

// With one core there is nothing to choose.
eachBrowser((go, kind) => {
  test.skipIf(CORES === 1)(
    "where the host isolates the page, it trains on as many threads as the visitor chooses",
    () =>
      inTime(go, isolatedSite, async (page) => {
        const loads = countLoads(page);
        expect(await isolated(page)).toBe(true);
        await page.getByText(KEPT).waitFor();
        expect((await choices(page)).slice(0, 2)).toEqual(["1", "2"]);
        await page.getByLabel("Threads").selectOption("2");
        expect(await note(page)).toBe("Used by training and measuring alike.");
        expect(await threadsOfTraining(page)).toBe(2);
        // Another number begins anew.
        await page.getByLabel("Threads").selectOption("1");
        await page.waitForFunction(() => document.getElementById("figure-epochs")?.textContent === "–");
        expect(await threadsOfTraining(page)).toBe(1);
        // In the middle of training, too.
        await page.getByRole("button", { name: "Resume" }).click();
        await page.getByLabel("Threads").selectOption("2");
        await page.waitForFunction(() => document.getElementById("figure-threads")?.textContent === ", 2 threads");
        expect(await page.getByRole("button", { name: "Pause" }).count()).toBe(1);
        expect(loads.count).toBe(1);
        expect(await page.locator("#threads-reload").isVisible()).toBe(false);
      }),
  );

  test.skipIf(CORES === 1)("measures with the threads chosen, and says so", () =>
    inTime(go, isolatedSite, async (page) => {
      await page.getByText(KEPT).waitFor();
      await page.getByLabel("Threads").selectOption("2");
      await page.getByRole("button", { name: "Measure this browser" }).click();
      await page.locator("#measure-table tr").first().waitFor({ state: "attached" });
      await page.getByRole("button", { name: "Stop" }).click();
      expect(await page.textContent("#measure-conditions")).toMatch(/affine-wasm on 2 threads, the others .* on one/);
    }),
  );

  test.skipIf(CORES === 1)(
    "where the host sets no headers, an untouched page loads itself again, once, and then has threads",
    () =>
      inTime(
        go,
        () => serve(DIST),
        async (page) => {
          const loads = countLoads(page);
          expect(await isolated(page)).toBe(false);
          expect(await choices(page)).toEqual(["1"]);
          await page.waitForFunction(() => crossOriginIsolated);
          await page.getByText(KEPT).waitFor();
          expect(await threadsOfTraining(page)).toBe(Math.min(4, CORES));
          await page.reload();
          expect(await isolated(page)).toBe(true);
          await page.waitForTimeout(500);
          // By itself, and by this test.
          expect(loads.count).toBe(3);
        },
      ),
  );

  test.skipIf(CORES === 1)(
    "a page that is in use is loaded again only when the visitor wants, and keeps what was typed and drawn",
    async () => {
      const site = await serve(DIST);
      const { page } = await go(`${site.origin}/`);
      const loads = countLoads(page);
      await page.getByLabel("Optimiser").selectOption("sgd");
      await page.getByLabel("Learning rate").focus();
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.type("0.001");
      await page.getByLabel("Hidden units").selectOption("64");
      await page.getByLabel("X row 1 column 1", { exact: true }).focus();
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.type("-7.5");
      await page.locator("#pad").focus();
      for (const key of [" ", "ArrowDown", "ArrowDown", "ArrowDown", " "]) await page.keyboard.press(key);
      const seen = () => page.$eval("#seen", (canvas) => (canvas as HTMLCanvasElement).toDataURL());
      const [drawn, y] = [await seen(), await page.textContent("#matrix-y td")];
      const top = () => page.$eval("#train-start", (button) => button.getBoundingClientRect().top + scrollY);
      const before = await top();

      await page.getByText(KEPT).waitFor();
      expect(loads.count).toBe(1);
      expect(await note(page)).toBe(`Loaded again, up to ${CORES} threads. What you typed and drew stays.`);
      expect(await top()).toBe(before);
      await page.getByRole("button", { name: "Load again, with threads" }).click();
      await page.waitForFunction(() => crossOriginIsolated && document.readyState === "complete");
      expect(await page.getByLabel("Optimiser").inputValue()).toBe("sgd");
      expect(await page.getByLabel("Learning rate").inputValue()).toBe("0.001");
      expect(await page.getByLabel("Hidden units").inputValue()).toBe("64");
      expect(await page.getByLabel("X row 1 column 1", { exact: true }).inputValue()).toBe("-7.5");
      expect(await page.textContent("#matrix-y td")).toBe(y);
      expect(await seen()).toBe(drawn);
      expect(loads.count).toBe(2);
      expect(await page.getByLabel("Threads").inputValue()).toBe(String(Math.min(4, CORES)));
      await site.close();
    },
  );

  test("a page embedded in one that is not isolated says that it has one thread, and why, and stays", async () => {
    const frame = '<!doctype html><title>embeds</title><iframe src="/index.html" width="900" height="900"></iframe>';
    const answers = { "/embeds.html": { body: frame, headers: { "content-type": "text/html" } } };
    const site = await serve(DIST, { answers });
    const { page } = await go(`${site.origin}/embeds.html`);
    const inner = page.frameLocator("iframe");
    await inner.getByText(KEPT).waitFor();
    expect(await inner.locator("#threads-note").textContent()).toMatch(/^One thread: .*(embedded|one core)/);
    expect(await inner.getByLabel("Threads").isDisabled()).toBe(true);
    expect(site.paths.filter((path) => path === "/index.html").length).toBe(1);
    await site.close();
  });

  test("another page in the same folder gets no headers of the service worker's", async () => {
    const answers = {
      "/other.html": { body: "<!doctype html><title>other</title>", headers: { "content-type": "text/html" } },
    };
    const site = await serve(DIST, { answers });
    const { page } = await go(`${site.origin}/`);
    await page.getByText(KEPT).waitFor();
    await page.goto(`${site.origin}/other.html`);
    expect(await page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    expect(await isolated(page)).toBe(false);
    await page.goto(`${site.origin}/index.html?with=search`);
    expect(await isolated(page)).toBe(true);
    await site.close();
  });

  test("digits that do not load are told of, and the next start has its threads", () => {
    const digits = `/assets/${readdirSync(`${DIST}assets`).find((name) => name.startsWith("digits-"))}`;
    let answers: Record<string, Answer>;
    const start = () => {
      answers = { [digits]: { status: 500, body: "" }, "/sw.js": { status: 404, body: "" } };
      return serve(DIST, { headers: ISOLATION, answers });
    };
    const body = async (page: Page) => {
      await page.getByRole("button", { name: "Start training" }).click();
      await page.getByText("Training stopped: the digits did not load: 500").waitFor();
      delete answers[digits];
      expect(await threadsOfTraining(page)).toBe(Math.min(4, CORES));
    };
    return inTime(go, start, body, /404|500/);
  });

  // Firefox is driven by WebDriver BiDi here, which knows no service workers to forbid.
  test.skipIf(kind === "Firefox" || CORES === 1)(
    "where no service worker is to be had, one thread and one sentence",
    async () => {
      const site = await serve(DIST, { answers: { "/sw.js": { status: 404, body: "" } } });
      const { page } = await go(`${site.origin}/`, { allowed: /404/ });
      await page.getByText(/^One thread: no headers isolate the page/).waitFor();
      expect(await page.locator("#offline").isVisible()).toBe(false);
      expect(await threadsOfTraining(page)).toBe(1);
      await site.close();
    },
  );
});
