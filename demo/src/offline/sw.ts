/** The page's service worker: keeps its files, and answers with them when the network does not. */

/** The paths of the page's files, and a name for this state of them: put in by the build. */
declare const FILES: readonly string[];
declare const VERSION: string;
/** The policy of the page, which its workers get, too. */
declare const POLICY: string;
/** The headers that isolate it from other origins: only then threads may share memory. */
declare const ISOLATION: Readonly<Record<string, string>>;

interface LifecycleEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}

interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** The part of ServiceWorkerGlobalScope that is used here: its types do not go together with those of a document. */
interface Scope {
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", listener: (event: LifecycleEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
}

const scope = globalThis as unknown as Scope;
/** Other pages of this origin have caches too. */
const PREFIX = "affine-wasm ";
const CACHE = PREFIX + VERSION;
/** The page's own addresses: what else a host has in this folder is none of this worker's business. */
const PAGES = ["./", "./index.html"].map((path) => new URL(path, location.href).pathname);

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(answer(event.request));
});

/**
 * Past the browser's own cache: it may hold the page of a release before. No `skipWaiting`: pages that are open go on with
 * the worker and the files that they began with, until the last of them is closed.
 */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((file) => new Request(`./${file}`, { cache: "reload" })));
}

/** Nobody needs the files of the releases before any more. */
async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await scope.clients.claim();
}

/**
 * The page, or a worker's script, with the headers that its host may not set: those of the isolation, and for a worker the
 * policy, which the page carries in its head.
 */
function bound({ destination, mode, url }: Request, response: Response): Response {
  const isWorker = destination === "worker";
  const isPage = mode === "navigate" && PAGES.includes(new URL(url).pathname);
  if (!response.ok || !(isWorker || isPage)) return response;
  const headers = new Headers(response.headers);
  if (isWorker) headers.set("content-security-policy", POLICY);
  for (const [name, value] of Object.entries(ISOLATION)) if (!headers.has(name)) headers.set(name, value);
  return new Response(response.body, { status: response.status, headers });
}

/**
 * Files have their content's hash in their names, so the kept ones never age; only the page itself may be newer. Servers
 * that vary their answers by the origin of who asks would never match: the page asks for its own files alone.
 */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true });
  if (kept && request.mode !== "navigate") return bound(request, kept);
  try {
    return bound(request, await fetch(request));
  } catch (error) {
    if (kept) return bound(request, kept);
    throw error;
  }
}
