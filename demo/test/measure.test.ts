import { expect, test } from "vitest";
import { eachPage } from "./page.ts";

eachPage((open, kind) => {
  test("measures every shape on the visitor's browser, names engine and variant, and gives it as Markdown", async () => {
    const { page } = await open();
    // As the others. With more of them: see threads.test.ts.
    await page.locator("#threads").evaluate((threads: HTMLSelectElement) => {
      threads.value = "1";
    });
    await page.getByRole("button", { name: "Measure this browser" }).click();
    await page.waitForFunction(
      () => /^(Done|It did not)/.test(document.getElementById("measure-status")?.textContent ?? ""),
      undefined,
      { timeout: 150_000 },
    );
    expect(await page.textContent("#measure-status")).toMatch(/^Done\./);
    expect(await page.textContent("#measure-conditions")).toMatch(
      new RegExp(
        `^${kind} \\d+ on \\w+, affine-wasm variant (relaxed|simd), TensorFlow.js 4.22.0, float32, one thread`,
      ),
    );
    const rows = await page.$$eval("#measure-table tr", (all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent ?? "")),
    );
    expect(rows.length).toBe(18);
    for (const row of rows) {
      const figures = row.slice(2).map(Number);
      for (const figure of figures) expect(figure > 0 && figure < 1000, row.join(" ")).toBe(true);
    }
    // Not a timed test: what it prints is for the reader.
    console.log(`${await page.textContent("#measure-conditions")}\n${rows.map((row) => row.join("  ")).join("\n")}`);
    const roof = Number(/does ([\d.]+) GFLOP/.exec((await page.textContent("#measure-conditions")) ?? "")?.[1]);
    expect(await page.locator("#plot-forward .row").count()).toBe(9);
    const dots = await page.$$eval("#plot-forward .dot.affine", (all) =>
      all.map((dot) => Number.parseFloat((dot as HTMLElement).style.getPropertyValue("--at"))),
    );
    for (const [i, row] of rows.filter(([, pass]) => pass === "forward").entries())
      expect(Math.abs((dots[i] as number) - Math.min(100, (Number(row[2]) / roof / 1.04) * 100))).toBeLessThan(1);
    expect(await page.locator("#plot-backward .dot.affine").count()).toBe(9);
    // Nothing is faster than the roofline, but for what other work of the machine does to its measurement.
    for (const row of rows) expect(Math.max(...row.slice(2).map(Number)), row.join(" ")).toBeLessThan(4 * roof);

    await page.evaluate(() => {
      const texts: string[] = [];
      Object.assign(window, { texts });
      Object.defineProperty(navigator, "clipboard", {
        value: { writeText: (text: string) => Promise.resolve(texts.push(text)) },
      });
    });
    await page.getByRole("button", { name: "Copy as Markdown" }).click();
    await page.getByText("Copied as Markdown.").waitFor();
    const [markdown] = await page.evaluate(() => (window as unknown as { texts: string[] }).texts);
    const lines = markdown?.trimEnd().split("\n") ?? [];
    expect(lines[0]).toBe(await page.textContent("#measure-conditions"));
    expect(lines.slice(4).map((line) => line.slice(2, -2).split(" | "))).toEqual(rows);
  }, 180_000);

  test("a measurement can be stopped", async () => {
    const { page } = await open();
    await page.getByRole("button", { name: "Measure this browser" }).click();
    await page.locator("#measure-table tr").first().waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Stop" }).click();
    expect(await page.textContent("#measure-status")).toBe("Stopped.");
    await page.getByRole("button", { name: "Measure again" }).waitFor();
  });
});
