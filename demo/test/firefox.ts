/** Through WebDriver BiDi, Playwright cannot set a page's colours and motion in Firefox: its preferences can. */
import type { VisitOptions } from "../../tools/browsers.ts";
import type { Preferences } from "../../tools/firefox.ts";

/** What asks for preferences in these options; undefined: nothing does, the Firefox that runs already will do. */
export function preferencesFor({
  colorScheme,
  reducedMotion,
}: NonNullable<VisitOptions["context"]>): Preferences | undefined {
  if (colorScheme !== "dark" && reducedMotion !== "reduce") return undefined;
  return {
    // 0 is dark, 1 is light.
    "layout.css.prefers-color-scheme.content-override": colorScheme === "dark" ? 0 : 1,
    "ui.prefersReducedMotion": reducedMotion === "reduce" ? 1 : 0,
  };
}
