/** Firefox as tests start it: unpatched, driven through WebDriver BiDi. */
import { type Browser, firefox, type LaunchOptions } from "playwright-core";

export type Preferences = NonNullable<LaunchOptions["firefoxUserPrefs"]>;

export async function launchFirefox(executablePath: string, firefoxUserPrefs: Preferences = {}): Promise<Browser> {
  const args = ["--remote-allow-system-access"];
  const browser = await firefox.launch({ executablePath, channel: "moz-firefox", firefoxUserPrefs, args });
  await leaveWorkersAlone(browser);
  return browser;
}

interface Session {
  send(command: "browsingContext.getTree", of: object): Promise<{ contexts: { context: string }[] }>;
  send(command: "script.callFunction", of: object): Promise<{ type: string }>;
}

/**
 * A session of WebDriver BiDi listens to the workers that pages start, and while anybody does, Firefox 153 hangs for good in
 * one of 100 `new Worker` of a worker: it does so in a page with two scripts of three lines, and in none of 3,500 without a
 * session. Nothing here needs what is listened to; it is in Firefox's own script, which a session may reach, but for which
 * Playwright has no public way.
 */
async function leaveWorkersAlone(browser: Browser): Promise<void> {
  const { _connection } = browser as unknown as { _connection: { toImpl(of: Browser): { _browserSession: Session } } };
  const session = _connection.toImpl(browser)._browserSession;
  const { contexts } = await session.send("browsingContext.getTree", { "moz:scope": "chrome" });
  const answer = await session.send("script.callFunction", {
    target: { context: contexts[0]?.context },
    awaitPromise: false,
    functionDeclaration: `() => {
      const actor = "chrome://remote/content/shared/js-process-actors/WebDriverWorkerListenerActor.sys.mjs";
      ChromeUtils.importESModule(actor).unregisterWebDriverWorkerListenerActor();
    }`,
  });
  if (answer.type !== "success") throw new Error(`Firefox goes on listening to workers: ${JSON.stringify(answer)}`);
}
