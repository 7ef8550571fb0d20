import { expect, test } from "vitest";
import { eachPage, type Page } from "./page.ts";

/** The numbers of a matrix as the page shows them, row after row. */
function numbers(page: Page, name: string): Promise<number[]> {
  return page.$$eval(`#matrix-${name} td`, (cells) =>
    cells.map((cell) => Number(cell.querySelector("input")?.value ?? cell.textContent?.replace("−", "-"))),
  );
}

/** By keyboard: Playwright's `fill` leaves a field of Firefox empty for "-4.5". */
async function enter(page: Page, label: string, text: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).focus();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(text);
}

/** What the layer's equations give for these operands, computed here. */
function expected(x: number[], w: number[], b: number[], dy: number[]) {
  const sum = (length: number, term: (k: number) => number) =>
    Array.from({ length }, (_, k) => term(k)).reduce((total, value) => total + value, 0);
  const at = (values: number[], i: number) => values[i] as number;
  const matrix = (rows: number, columns: number, value: (i: number, j: number) => number) =>
    Array.from({ length: rows * columns }, (_, e) => value(Math.floor(e / columns), e % columns));
  return {
    y: matrix(3, 2, (i, j) => at(b, j) + sum(4, (k) => at(x, 4 * i + k) * at(w, 2 * k + j))),
    dx: matrix(3, 4, (i, k) => sum(2, (j) => at(dy, 2 * i + j) * at(w, 2 * k + j))),
    dWeight: matrix(4, 2, (k, j) => sum(3, (i) => at(x, 4 * i + k) * at(dy, 2 * i + j))),
    dBias: matrix(1, 2, (_, j) => sum(3, (i) => at(dy, 2 * i + j))),
  };
}

async function expectConsistent(page: Page): Promise<void> {
  const [x, weight, bias, dy] = await Promise.all(["x", "weight", "bias", "dy"].map((name) => numbers(page, name)));
  if (!x || !weight || !bias || !dy) throw new Error("no operands");
  for (const [name, values] of Object.entries(expected(x, weight, bias, dy))) {
    const shown = await numbers(page, name);
    expect(shown.length, name).toBe(values.length);
    for (const [i, value] of values.entries())
      expect(Math.abs((shown[i] as number) - value), name).toBeLessThan(0.0051);
  }
}

eachPage((open) => {
  test("results and gradients follow an edited number, and the gradient check agrees", async () => {
    const { page } = await open();
    await expectConsistent(page);
    const before = await numbers(page, "dWeight");
    await enter(page, "X row 2 column 3", "-4.5");
    await enter(page, "dY row 2 column 1", "2");
    await enter(page, "W row 1 column 2", "3.25");
    await enter(page, "b row 1 column 1", "7");
    await expectConsistent(page);
    expect(await numbers(page, "dWeight")).not.toEqual(before);
    expect(await page.$$eval("#checks td:last-child", (cells) => cells.map((cell) => cell.textContent))).toEqual([
      "✓ agree",
      "✓ agree",
      "✓ agree",
    ]);
    expect(await page.textContent("#checks tr td")).toBe("12");
  });

  test("what is no number is marked, and nothing is computed until it is one", async () => {
    const { page } = await open();
    const field = page.getByLabel("X row 1 column 1", { exact: true });
    await field.fill("");
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    expect(await page.textContent("#matrix-y td")).toBe("–");
    await enter(page, "X row 1 column 1", "2");
    expect(await field.getAttribute("aria-invalid")).toBe("false");
    await expectConsistent(page);
  });

  test("focusing a number shows what it takes part in", async () => {
    const { page } = await open();
    await page.getByLabel("X row 2 column 3", { exact: true }).focus();
    const related = (name: string) =>
      page.$$eval(`#matrix-${name} td`, (cells) => cells.flatMap((cell, i) => (cell.matches(".related") ? [i] : [])));
    expect(await related("y")).toEqual([2, 3]);
    expect(await related("dWeight")).toEqual([4, 5]);
    expect(await related("dx")).toEqual([]);
  });

  test("halving the learning rate quarters the difference between a batch and its rows", async () => {
    const { page } = await open();
    const quarters = /divides the step by 2\.00 and the difference by (3\.9|4\.0)\d\./;
    expect(await page.textContent("#slope")).toMatch(quarters);
    await enter(page, "X row 1 column 1", "-3");
    expect(await page.textContent("#slope")).toMatch(quarters);
    await page.waitForSelector("#drift canvas");
  });
});
