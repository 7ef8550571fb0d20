/** How a helper is started where the library runs: as a thread of Node, Deno or Bun, or as a worker of a page. */
import type { Message } from "./control.js";
import { helperScript } from "./helperScript.js";

/** A thread that was started, or will be. */
export interface Helper {
  postMessage(message: Message): void;
  /** Ends it, whatever it does; asynchronously. */
  terminate(): void;
  /** From now on it does not keep the process alive; a page has none. */
  unref?(): void;
}

/** In Node, Bun and Deno, asked for without an import that bundlers would see. */
const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");

/** Whether this is a worker itself, beside others that nobody can count. */
export function inWorker(): boolean {
  return threads ? !threads.isMainThread : "WorkerGlobalScope" in globalThis;
}

/** The cores that this process may use. */
export function cores(): number {
  const os = globalThis.process?.getBuiltinModule?.("node:os");
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** What keeps threads from sharing memory here; null if nothing does. */
export function obstacle(): string | null {
  if (typeof SharedArrayBuffer !== "undefined" && (threads || typeof Worker !== "undefined")) return null;
  return globalThis.crossOriginIsolated === false
    ? "the page lacks the headers Cross-Origin-Opener-Policy: same-origin and " +
        "Cross-Origin-Embedder-Policy: require-corp"
    : "this platform has no threads that share memory";
}

/**
 * @param url of the script; undefined for the one that is part of this package
 * @param gone is told why it has ended, or did not start
 * @param here is called when it can be sent modules
 * @throws Error if the platform refuses at once
 */
export function startHelper(url: string | URL | undefined, gone: (reason: string) => void, here: () => void): Helper {
  return threads ? startThread(threads, url, gone, here) : startWorker(url, gone, here);
}

function startThread(
  { Worker }: typeof import("node:worker_threads"),
  url: string | URL | undefined,
  gone: (reason: string) => void,
  here: () => void,
): Helper {
  const own = url === undefined;
  const worker = new Worker(own ? helperScript : new URL(url), {
    eval: own,
    // Not the flags of this process: a loader of TypeScript would start in each thread.
    execArgv: [],
  });
  let why = "it was ended";
  worker.on("message", here);
  worker.on("error", (error) => {
    why = (error as Error).message;
  });
  worker.on("exit", () => gone(why));
  return worker;
}

function startWorker(url: string | URL | undefined, gone: (reason: string) => void, here: () => void): Helper {
  // A page runs only a file.
  const source = url ?? URL.createObjectURL(new Blob([helperScript], { type: "text/javascript" }));
  const worker = new Worker(source);
  worker.onmessage = here;
  worker.onerror = (event) => {
    event.preventDefault();
    const advice = "; the Content-Security-Policy must allow blob: in worker-src, or workerUrl name a file";
    gone(event.message || `no script from ${source}${url === undefined ? advice : ""}`);
  };
  return worker;
}
