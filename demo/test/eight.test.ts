import { dense, Sequential, saveModel } from "affine-wasm/nn";
import { quantize, saveQuantized } from "affine-wasm/quantized";
import { describe, expect, test } from "vitest";
import { compare } from "../src/measure/eight/compare.ts";
import type { Digits } from "../src/train/digits.ts";
import { eachPage, type Page } from "./page.ts";

describe("one network in float32 and in eight bits", () => {
  /** Digits of one inked pixel: that of their label, but for the last four. */
  const COUNT = 1_204;
  const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 10);
  const images = new Uint8Array(COUNT * 784);
  labels.forEach((label, i) => {
    images[784 * i + (i < COUNT - 4 ? label : (label + 1) % 10)] = 255;
  });
  const test4: Digits = { count: COUNT, images, labels };

  /** A network that takes a digit for its inked pixel. */
  function readsPixel(): Sequential {
    const net = new Sequential(784, [dense(10)], { seed: 1 });
    const weight = net.layers[0]?.weight;
    weight?.fill(0);
    for (let i = 0; i < 10; i++) weight?.set([1], 11 * i);
    return net;
  }

  test("is told by the bytes of its files, the seconds of its readings, and what it reads", () => {
    using net = readsPixel();
    using small = quantize(net);
    const timed: (() => void)[] = [];
    const told = compare(net, test4, (runs) => {
      timed.push(...runs);
      for (const run of runs) run();
      return runs.map((_, i) => i + 1);
    });
    expect(timed.length).toBe(4);
    const right = 1_200 / 1_204;
    expect(told).toEqual({
      digits: 1_204,
      float32: { bytes: saveModel(net).length, one: 1, batch: 3, right },
      eightBits: { bytes: saveQuantized(small).length, one: 2, batch: 4, right },
      same: 1,
    });
  });

  test("agrees less where eight bits are too few", () => {
    // Beside a weight of 100 in its column, one of 0.1 is nothing: every digit is taken for a 0, as the first of equals.
    using net = readsPixel();
    const weight = net.layers[0]?.weight;
    for (let i = 0; i < 10; i++) {
      weight?.set([0.1], 11 * i);
      weight?.set([100], 10 * 700 + i);
    }
    const told = compare(net, test4, (runs) => runs.map(() => 1));
    expect(told.float32.right).toBeCloseTo(1, 2);
    expect(told.eightBits.right).toBeCloseTo(0.1, 2);
    expect(told.same).toBeCloseTo(0.1, 2);
  });
});

const figures = (page: Page) =>
  page.$$eval("#eight-figures tr", (all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? "")));

async function comparison(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Compare eight bits" }).click();
  await page.waitForFunction(
    () => /both read|did not/.test(document.getElementById("eight-status")?.textContent ?? ""),
    undefined,
    { timeout: 60_000 },
  );
  return (await page.textContent("#eight-status")) ?? "";
}

eachPage((open, kind) => {
  test("eight bits are compared with float32 on a network of their own, then on the one in training", async () => {
    const { page } = await open();
    const said = await comparison(page);
    const same = Number(/^A network trained for one epoch: both read the same in ([\d.]+) %/.exec(said)?.[1]);
    expect(same).toBeGreaterThan(99);
    const rows = await figures(page);
    console.log(`${kind}: ${said}\n${rows.map((row) => row.join("  ")).join("\n")}`);
    expect(rows.map(([name]) => name)).toEqual([
      "the network in a file",
      "reading one digit",
      "reading 1,000 digits",
      "digits read right",
    ]);
    const [[, floats, eights] = [], one, batch, right] = rows;
    expect(Number.parseFloat(floats ?? "") / Number.parseFloat(eights ?? "")).toBeGreaterThan(3.8);
    for (const row of [one, batch]) for (const time of row?.slice(1) ?? []) expect(time).toMatch(/^\d+\.\d+ (µs|ms)$/);
    for (const rate of right?.slice(1) ?? []) expect(rate).toMatch(/^9[2-8]\.\d\d %$/);

    await page.getByLabel("Hidden units").selectOption("16");
    await page.getByRole("button", { name: "Start training" }).click();
    await page.waitForFunction(() => Number(document.getElementById("figure-epochs")?.textContent) > 0.2);
    await page.getByRole("button", { name: "Pause" }).click();
    expect(await comparison(page)).toMatch(/^The network above, as it was then: both read the same/);
    // 784 × 16 + 16 × 10 weights and 26 biases in four bytes each, and a header.
    expect(Number.parseFloat((await figures(page))[0]?.[1] ?? "")).toBeCloseTo(51.4, 0);
  }, 120_000);

  test("a comparison can be stopped", async () => {
    const { page } = await open();
    await page.getByRole("button", { name: "Compare eight bits" }).click();
    await page.getByText(/^Training a network|^Loading the digits/).waitFor();
    await page.locator("#eight-start").click();
    expect(await page.textContent("#eight-status")).toBe("Stopped.");
    await page.getByRole("button", { name: "Compare eight bits" }).waitFor();
  });
});
