import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eachBrowser } from "../../tools/browsers.ts";
import { serve } from "../../tools/server.ts";
import { DIST, POLICY } from "./page.ts";

const KEPT = "it works without a network";

eachBrowser((go) => {
  test.each([
    ["any host", { "content-security-policy": POLICY }],
    ["a server that varies its answers, as vite preview does", { vary: "Origin" }],
  ])(
    "from %s, works without a network once it is loaded: trains, measures, computes, and loads again",
    async (_, headers) => {
      const site = await serve(DIST, { headers });
      const { page } = await go(`${site.origin}/`);
      await page.getByText(KEPT).waitFor();
      expect(await page.locator("#offline").isVisible()).toBe(true);
      // No server, no network: whatever the page asks for from here on, nobody answers.
      await site.close();
      await expect(fetch(site.origin)).rejects.toThrow();

      const train = async () => {
        await page.getByRole("button", { name: "Start training" }).click();
        await page.waitForFunction(() => Number(document.getElementById("figure-epochs")?.textContent) > 0.2);
        await page.getByRole("button", { name: "Pause" }).click();
      };
      await train();
      await page.reload();
      await train();
      await page.getByRole("button", { name: "Measure this browser" }).click();
      await page.locator("#measure-table tr").first().waitFor({ state: "attached" });
      await page.getByRole("button", { name: "Stop" }).click();
      expect(await page.textContent("#matrix-dBias td:nth-child(2)")).toBe("0.20");
    },
  );

  test("a page that is open goes on through a release, whose own files are new", async () => {
    const folder = mkdtempSync(join(tmpdir(), "affine-wasm-page-"));
    cpSync(DIST, folder, { recursive: true });
    // An hour in the browser's own cache: the new worker must look past it.
    const site = await serve(folder, { headers: { "cache-control": "max-age=3600" } });
    try {
      const { page } = await go(`${site.origin}/`);
      await page.getByText(KEPT).waitFor();
      // The release: another index, another name for the training's worker.
      const assets = join(folder, "assets");
      const old = readdirSync(assets).find((name) => name.startsWith("train-") && name.endsWith(".js")) as string;
      const renamed = old.replace("train-", "train-new-");
      renameSync(join(assets, old), join(assets, renamed));
      for (const name of ["sw.js", "index.html", ...readdirSync(assets).map((each) => `assets/${each}`)]) {
        if (!/\.(js|html)$/.test(name)) continue;
        const text = readFileSync(join(folder, name), "utf8").replaceAll(old, renamed);
        writeFileSync(
          join(folder, name),
          text.replace("<title>", "<title>Newer: ").replace(/"[0-9a-f]{16}"/, '"0123456789abcdef"'),
        );
      }
      await page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        await registration.update();
        while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 20));
      });
      expect(await page.evaluate(async () => (await caches.keys()).length)).toBe(2);
      await page.getByRole("button", { name: "Start training" }).click();
      await page.waitForFunction(() => Number(document.getElementById("figure-epochs")?.textContent) > 0.1);
      await page.getByRole("button", { name: "Pause" }).click();
      // What the new worker keeps is the new page, not what the browser had.
      const kept = await page.evaluate(async () => {
        const cache = await caches.open("affine-wasm 0123456789abcdef");
        return (await cache.match("./", { ignoreVary: true }))?.text();
      });
      expect(kept).toContain("<title>Newer: ");
    } finally {
      await site.close();
      rmSync(folder, { recursive: true });
    }
  });
});
