import { expect, test } from "vitest";
import { eachBrowser } from "../../tools/browsers.ts";
import { serve } from "../../tools/server.ts";
import { DIST, POLICY } from "./page.ts";

eachBrowser((go) => {
  test("works without a network once it is loaded: trains, measures, computes, and loads again", async () => {
    const site = await serve(DIST, { headers: { "content-security-policy": POLICY } });
    const { page } = await go(`${site.origin}/`);
    await page.getByText("it works without a network").waitFor();
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
  });
});
