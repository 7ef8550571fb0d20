import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { eachBrowser } from "../../tools/browsers.ts";
import { type Answer, serve } from "../../tools/server.ts";
import { DIST, ISOLATION } from "./page.ts";

const CORES = availableParallelism();

eachBrowser((go, kind) => {
  test("a worker whose script fails once is told of, and the next start trains", async () => {
    const answers: Record<string, { status: number; body: string }> = {};
    // Isolated, or the page would load itself again.
    const site = await serve(DIST, { answers, headers: ISOLATION });
    const { page } = await go(`${site.origin}/`, { allowed: /./ });
    const script = await page.evaluate(async () => {
      const names = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
      const text = await (await fetch(names.find((name) => /assets\/index-.*\.js$/.test(name)) as string)).text();
      return /train-[\w-]+\.js/.exec(text)?.[0];
    });
    answers[`/assets/${script}`] = { status: 500, body: "" };
    await page.getByRole("button", { name: "Start training" }).click();
    await page
      .getByText("Training stopped: its worker could not be loaded")
      .or(page.getByText(/^Training stopped: /))
      .waitFor();
    await page.getByRole("button", { name: "Start training" }).waitFor();
    delete answers[`/assets/${script}`];
    await page.getByRole("button", { name: "Start training" }).click();
    await page.waitForFunction(() => Number(document.getElementById("figure-epochs")?.textContent) > 0.1);
    await page.getByRole("button", { name: "Pause" }).click();
    await site.close();
  });

  // Firefox is driven by WebDriver BiDi here, which reaches no workers.
  describe.skipIf(kind === "Firefox")("on a host that sets no headers, the page's policy binds its workers", () => {
    test.each([
      ["without a service worker", false],
      ["with one", true],
    ])("%s", async (_, kept) => {
      const answers: Record<string, Answer> = kept ? {} : { "/sw.js": { status: 404, body: "" } };
      const site = await serve(DIST, { answers });
      const other = await serve(DIST, { headers: { "access-control-allow-origin": "*" } });
      const { page } = await go(`${site.origin}/`, { allowed: /Content.Security.Policy|violates|blocked|404/i });
      // With one, the page loads itself again if that gives it threads, which ends its workers.
      if (kept && CORES > 1)
        await page.waitForFunction(() => crossOriginIsolated && document.readyState === "complete");
      const opened = page.waitForEvent("worker");
      await page.getByRole("button", { name: "Start training" }).click();
      const worker = await opened;
      const outcome = await worker.evaluate(
        (url) =>
          fetch(url).then(
            () => "sent",
            (error: Error) => error.name,
          ),
        `${other.origin}/index.html`,
      );
      expect(outcome).toBe("TypeError");
      expect(other.paths).toEqual([]);
      await site.close();
      await other.close();
    });
  });
});
