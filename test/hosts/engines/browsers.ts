/** Browsers: the suite in a page, once for each variant. */
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import type { Variant } from "../../../src/kernels/abi.js";
import { installPacked } from "../../../tools/packed.js";
import { bundleSuite } from "./bundle.js";
import { orderFor, sum } from "./orders.js";
import type { Order, Suite } from "./portable/order.js";
import { type Engine, NotHere, type Row } from "./row.js";

/** The global scope of a page: what is passed to `evaluate` runs there. */
declare const suite: Suite;

export const chromium: Engine = { name: "chromium", oneCore: true, run: () => runPages("Chromium") };
export const firefox: Engine = { name: "firefox", oneCore: true, run: () => runPages("Firefox") };

async function runPages(engine: "Chromium" | "Firefox"): Promise<Row> {
  const browser = await launch(engine);
  const { folder, remove } = installPacked();
  const script = await bundleSuite(folder, "browser");
  const server = createServer((request, response) => {
    const isScript = request.url === "/suite.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    // Threads share memory where a page is isolated from other origins; without them, it is not, as most pages are.
    if (process.env.AFFINE_THREADS) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    response.end(isScript ? script : "<!doctype html><title>suite</title><script type=module src=suite.js></script>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const first = await open(browser, url);
    const variant = await first.evaluate(() => suite.defaultVariant());
    const binaries = await first.evaluate(() => suite.runnable());
    await first.close();
    const outcomes = [];
    for (const each of binaries) {
      const tab = await open(browser, url);
      outcomes.push(await tab.evaluate((order: Order) => suite.run(order), orderFor(each as Variant)));
      await tab.close();
    }
    return { engine, version: browser.version(), variant, binaries, ...sum(binaries, outcomes) };
  } finally {
    await browser.close();
    server.close();
    remove();
  }
}

async function open(browser: Browser, url: string) {
  const tab = await browser.newPage();
  await tab.goto(url);
  await tab.waitForFunction(() => "suite" in globalThis);
  return tab;
}

async function launch(engine: "Chromium" | "Firefox"): Promise<Browser> {
  if (engine === "Firefox") {
    const { launchFirefox } = await import("../../../tools/firefox.js");
    return launchFirefox(find("FIREFOX", ["firefox-esr", "firefox"]));
  }
  const { chromium } = await import("playwright-core");
  return chromium.launch({
    executablePath: find("CHROMIUM", ["chromium", "chromium-browser", "google-chrome"]),
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** The browser that the environment names, or the first of these that is on the path. */
function find(variable: string, names: readonly string[]): string {
  const named = process.env[variable];
  if (named) return named;
  for (const name of names) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {}
  }
  throw new NotHere(`none of ${names.join(", ")} is on the path, and ${variable} names none`);
}
