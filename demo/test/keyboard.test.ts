import { expect, test } from "vitest";
import { eachPage, type Page } from "./page.ts";

/** What has the focus, by its id or its name; every stop must show that it has it. */
async function focused(page: Page): Promise<string> {
  const [name, ring] = await page.evaluate(() => {
    const { activeElement: at } = document;
    const name = at?.id || at?.getAttribute("aria-label") || at?.textContent?.trim() || "";
    return [name, at ? getComputedStyle(at).outlineStyle : "none"] as const;
  });
  expect(ring, `the focus ring of ${name}`).not.toBe("none");
  return name;
}

/** Presses Tab until something has the focus; returns all the stops. Nothing else ever moves the focus here. */
async function tabTo(page: Page, wanted: string, key = "Tab"): Promise<string[]> {
  const stops: string[] = [];
  while (stops.at(-1) !== wanted) {
    if (stops.length === 80) throw new Error(`no ${wanted} by ${key}: ${stops.join(", ")}`);
    await page.keyboard.press(key);
    stops.push(await focused(page));
  }
  return stops;
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

const repeated = (key: string, times: number) => Array.from({ length: times }, () => key);

eachPage((open) => {
  test("every part can be used with the keyboard alone", async () => {
    const { page } = await open();
    // Train: another network, started.
    await tabTo(page, "hidden");
    await press(page, "ArrowUp", "ArrowUp");
    await tabTo(page, "optimizer");
    await press(page, "ArrowUp");
    await tabTo(page, "rate");
    expect(await page.getByLabel("Hidden units").inputValue()).toBe("32");
    expect(await page.getByLabel("Optimiser").inputValue()).toBe("momentum");
    expect(await page.getByLabel("Learning rate").inputValue()).toBe("0.03");
    await tabTo(page, "train-start");
    await press(page, "Enter");
    await page.getByText("of the test digits read right").waitFor();
    expect(await page.textContent("#train-status")).toMatch(/: 9\d\.\d\d %/);

    // Draw: a 7.
    await tabTo(page, "pad");
    await press(page, ...repeated("ArrowLeft", 4), " ", ...repeated("ArrowRight", 8));
    for (let i = 0; i < 4; i++) await press(page, "ArrowDown", "ArrowDown", "ArrowLeft");
    await page.getByText("It reads 7.").waitFor();
    await tabTo(page, "pad-clear");
    await press(page, "Enter");
    expect(await page.textContent("#verdict")).toBe("Draw a digit.");
    await tabTo(page, "train-start", "Shift+Tab");
    await press(page, "Enter");
    await page.getByRole("button", { name: "Resume" }).waitFor();

    // Measure: start, stop, copy, and the table.
    await tabTo(page, "measure-start");
    await press(page, "Enter");
    await page.locator("#measure-table tr").first().waitFor({ state: "attached" });
    await press(page, "Enter");
    expect(await page.textContent("#measure-status")).toBe("Stopped.");
    await tabTo(page, "measure-copy");
    await press(page, "Enter");
    await page.waitForFunction(() => /Markdown/.test(document.getElementById("measure-status")?.textContent ?? ""));
    await tabTo(page, "All figures as a table");
    await press(page, "Enter");
    expect(await page.locator("#measure-table tr").first().isVisible()).toBe(true);

    // Understand: the last of the numbers, and what follows from it: -0.5 + 0.4 + 5.
    const stops = await tabTo(page, "dY row 3 column 2");
    expect(stops).toContain("X row 1 column 1");
    await press(page, "ControlOrMeta+A", "5");
    expect(await page.textContent("#matrix-dBias td:nth-child(2)")).toBe("4.90");
    expect(await page.locator("#matrix-dBias td.related").count()).toBe(1);
  }, 90_000);
});
