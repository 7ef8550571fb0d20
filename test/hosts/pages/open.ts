/** Pages that report an outcome, in each browser. */

import { eachBrowser, type Kind, type Visit } from "../../../tools/browsers.ts";
import type { Outcome } from "./apps/outcome.ts";

export interface OutcomeVisit extends Visit {
  /** What the page left in `window.outcome`. */
  readonly outcome: Outcome;
}

/** Opens a URL and waits for its outcome. A complaint that `allowed` does not match fails the test that opened it. */
export type Open = (url: string, allowed?: RegExp) => Promise<OutcomeVisit>;

export function openInEachBrowser(tests: (open: Open, kind: Kind) => void): void {
  eachBrowser((go, kind) => {
    const open: Open = async (url, allowed) => {
      const visit = await go(url, { allowed });
      await visit.page.waitForFunction(() => window.outcome, undefined, { timeout: 20_000 });
      const outcome = (await visit.page.evaluate(() => window.outcome)) as Outcome;
      return { ...visit, outcome };
    };
    tests(open, kind);
  });
}
