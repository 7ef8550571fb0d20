/** The browsers of this machine, and pages in them that report what they complained about. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { launchFirefox, type Preferences } from "./firefox.ts";

const KINDS = {
  Chromium: { variable: "CHROMIUM", names: ["chromium", "chromium-browser", "google-chrome"], launch: launchChromium },
  Firefox: { variable: "FIREFOX", names: ["firefox-esr", "firefox"], launch: launchFirefox },
};

export type Kind = keyof typeof KINDS;

export interface Visit {
  readonly page: Page;
  /** Every URL that the page asked for. */
  readonly requests: string[];
}

export interface VisitOptions {
  /** Complaints of the page to put up with. */
  readonly allowed?: RegExp | undefined;
  /** The size of the window, its colours, and so on. */
  readonly context?: BrowserContextOptions;
  /** Preferences of Firefox: then in one of its own. */
  readonly preferences?: Preferences | undefined;
}

/** Opens a URL in a page of its own. A complaint that `allowed` does not match fails the test that opened it. */
export type Go = (url: string, options?: VisitOptions) => Promise<Visit>;

/** The same tests in each browser; one that is not installed is reported as skipped. */
export function eachBrowser(tests: (go: Go, kind: Kind) => void): void {
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const executable = findExecutable(kind);
    if (executable) describe(kind, () => tests(pagesOf(kind, executable), kind));
    else describe.skip(`${kind}, which is not installed: not run`, () => tests(neverGoes, kind));
  }
}

/** Chromium's sandbox needs rights that containers lack; the rest keeps it from calling home. */
function launchChromium(executablePath: string): Promise<Browser> {
  const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-sync", ...quiet] });
}

/** The browser that the variable names, or the first one in PATH. A variable that names none is a mistake. */
function findExecutable(kind: Kind): string | undefined {
  const { variable, names } = KINDS[kind];
  const named = process.env[variable];
  if (named) {
    if (!isExecutable(named)) throw new Error(`${variable} names no program: ${named}`);
    return named;
  }
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (!found) console.log(`not run: ${kind}: none of ${names.join(", ")} is in PATH, and ${variable} is not set`);
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function neverGoes(): never {
  throw new Error("no browser");
}

/** Starts the browser for the tests of one `describe`, closes each test's pages, and judges their complaints. */
function pagesOf(kind: Kind, executable: string): Go {
  let browser: Browser;
  let pages: Page[] = [];
  let others: Browser[] = [];
  let complaints: string[] = [];
  beforeAll(async () => {
    browser = await KINDS[kind].launch(executable);
    console.log(`${kind} ${browser.version()} (${executable})`);
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    const heard = complaints;
    await Promise.all([...pages, ...others].map((each) => each.close()));
    [pages, others, complaints] = [[], [], []];
    expect(heard, "errors and warnings of the page").toEqual([]);
  });
  return async (url, { allowed, context, preferences } = {}) => {
    const other = preferences && (await KINDS[kind].launch(executable, preferences));
    if (other) others.push(other);
    const page = await (other ?? browser).newPage(context);
    const requests: string[] = [];
    const complain = (text: string) => {
      if (!allowed?.test(text)) complaints.push(text);
    };
    pages.push(page);
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => complain(`${error.name}: ${error.message}`));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complain(`console: ${message.text()}`);
    });
    await page.goto(url);
    return { page, requests };
  };
}
