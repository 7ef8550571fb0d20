/**
 * Threads share memory, which browsers allow only to pages that are isolated from other origins: by headers. Where the host
 * sets none, the page's service worker adds them, but it answers for a page only from its next loading on.
 */

/** What stands between the page and its threads. */
export type Isolation =
  /** Nothing. */
  | "isolated"
  /** The service worker, which may be there soon. */
  | "coming"
  /** Only that the page is loaded again. */
  | "reload"
  /** The page that this one is embedded in. */
  | "embedded"
  /** Headers that nobody will add here. */
  | "host"
  /** The browser, which has had the headers. */
  | "browser";

/** Threads that the machine has room for; at most so many are of use to the page. */
export const CORES = Math.min(64, navigator.hardwareConcurrency || 1);

/** @param keeps whether the page asks for its service worker here */
export function isolationAtStart(keeps: boolean): Isolation {
  if (globalThis.crossOriginIsolated) return "isolated";
  if (window !== window.top) return "embedded";
  if (!keeps) return "host";
  return navigator.serviceWorker.controller ? "browser" : "coming";
}

/** All of them short enough for two lines. */
export function sentenceOf(isolation: Isolation): string {
  switch (isolation) {
    case "isolated":
      return CORES > 1 ? "Used by training and measuring alike." : "One thread: this machine has one core.";
    case "coming":
      return `One thread until this browser has kept the page; then up to ${CORES}.`;
    case "reload":
      return `Loaded again, up to ${CORES} threads. What you typed and drew stays.`;
    case "embedded":
      return "One thread: the page is embedded in another one. By itself it may use all cores.";
    case "host":
      return "One thread: no headers isolate the page from other origins.";
    case "browser":
      return "One thread: the browser has not isolated the page from other origins.";
  }
}
