/** Firefox with other preferences: through WebDriver BiDi, Playwright cannot set a page's colours and motion. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { firefox, type LaunchOptions } from "../../test/engines/node_modules/playwright-core/index.js";
import type { Visit } from "../../test/pages/browsers.ts";
import type { Context } from "./page.ts";

type Preferences = NonNullable<LaunchOptions["firefoxUserPrefs"]>;

/** What asks for preferences in these options; null: nothing does, the Firefox that runs already will do. */
export function preferencesFor({ colorScheme, reducedMotion }: Context): Preferences | null {
  if (colorScheme !== "dark" && reducedMotion !== "reduce") return null;
  return {
    // 0 is dark, 1 is light.
    "layout.css.prefers-color-scheme.content-override": colorScheme === "dark" ? 0 : 1,
    "ui.prefersReducedMotion": reducedMotion === "reduce" ? 1 : 0,
  };
}

/** Opens a URL in a Firefox of its own, for as long as the test runs. What the page complains about fails the test. */
export async function openFirefox(url: string, context: Context, preferences: Preferences): Promise<Visit> {
  const browser = await firefox.launch({
    executablePath: executable(),
    channel: "moz-firefox",
    firefoxUserPrefs: preferences,
  });
  const complaints: string[] = [];
  onTestFinished(async () => {
    await browser.close();
    expect(complaints, "errors and warnings of the page").toEqual([]);
  });
  const page = await browser.newPage(context);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(`${error.name}: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  await page.goto(url);
  return { page, requests };
}

/** The one that the other tests run in. */
function executable(): string {
  if (process.env.FIREFOX) return process.env.FIREFOX;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = ["firefox-esr", "firefox"].flatMap((name) => folders.map((folder) => join(folder, name)));
  return found.find((file) => existsSync(file)) ?? "firefox";
}
