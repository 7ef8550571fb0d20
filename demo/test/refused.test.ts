import { expect, test } from "vitest";
import { eachPage, type Page } from "./page.ts";

async function enter(page: Page, label: string, text: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).focus();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(text);
}

const sticksOut = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

eachPage((open) => {
  test("a learning rate that cannot be used is said to be so, and which one stays in use", async () => {
    const { page } = await open();
    await enter(page, "Learning rate", "0.5");
    await enter(page, "Learning rate", "-3");
    expect(await page.textContent("#rate-why")).toBe("It must be above 0 and at most 10; 0.5 stays in use.");
    await enter(page, "Learning rate", "0.2");
    expect(await page.textContent("#rate-why")).toBe("");
  });

  test("a number that is too large is said to be so, and no result of another number is shown", async () => {
    const { page } = await open({ viewport: { width: 360, height: 800 } });
    await enter(page, "W row 1 column 1", "1e30");
    expect(await page.textContent("#matrices-why")).toBe(
      "W row 1 column 1 must be a number from −1,000,000 to 1,000,000; nothing is computed until it is.",
    );
    expect(await page.textContent("#matrix-y td")).toBe("–");
    await enter(page, "W row 1 column 1", "1000000");
    expect(await page.textContent("#matrices-why")).toBe("");
    expect(await page.textContent("#matrix-y td")).toBe("1.0·10⁶");
    expect(await sticksOut(page)).toBeLessThanOrEqual(0);
    await enter(page, "X row 1 column 1", "-999999.25");
    expect(await page.textContent("#matrix-y td")).toBe("−1.0·10¹²");
    expect(await sticksOut(page)).toBeLessThanOrEqual(0);
  });

  test("a run of twenty epochs that has ended goes on when it is resumed", async () => {
    const { page } = await open();
    await page.getByLabel("Hidden units").selectOption("16");
    await page.getByLabel("Batch size").selectOption("500");
    await page.getByRole("button", { name: "Start training" }).click();
    await page.getByRole("button", { name: "Resume" }).waitFor({ timeout: 90_000 });
    expect(await page.textContent("#figure-epochs")).toBe("20.0");
    expect(await page.textContent("#figure-test")).toMatch(/^9\d\.\d\d %$/);
    await page.getByRole("button", { name: "Resume" }).click();
    await page.waitForFunction(() => Number(document.getElementById("figure-epochs")?.textContent) > 20.5);
    await page.getByRole("button", { name: "Pause" }).click();
  }, 120_000);

  test("the sheet stays where it is when the time of a reading appears", async () => {
    const { page } = await open({ viewport: { width: 360, height: 800 } });
    await page.getByRole("button", { name: "Start training" }).click();
    await page.waitForFunction(() => Number(document.getElementById("figure-epochs")?.textContent) > 0.1);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.locator("#pad").scrollIntoViewIfNeeded();
    const top = () => page.$eval("#pad", (pad) => pad.getBoundingClientRect().top + scrollY);
    const before = await top();
    const box = await page.locator("#pad").boundingBox();
    if (!box) throw new Error("no sheet to draw on");
    await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.2 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.8 * box.height, { steps: 5 });
    await page.mouse.up();
    await page.getByText(/^Read in /).waitFor();
    expect(await top()).toBe(before);
  });
});
