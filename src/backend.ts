/** Starts the kernels, from any source, and holds the one instance that the whole library uses. */
import { type Kernels, type Pointer, type TypedKernels, typedKernels, VARIANTS, type Variant } from "./abi.js";
import { checkChoice, checkObject } from "./check.js";
import type { DType } from "./dtype.js";
import { type Binary, chooseBinary, instantiate, isBinary, reasonOf } from "./instance.js";
import { Heap } from "./memory.js";
import { multipliesRight } from "./selfcheck.js";

/** What `init` takes: a binary, where to fetch one, or a promise of either. */
export type Source = Binary | URL | string | Response;

export interface InitOptions {
  /** The build to use; default: the fastest that this engine validates. */
  variant?: Variant | undefined;
}

/** A running module: kernels, the memory they work in, and the scratch space they are handed. */
export interface Backend {
  readonly variant: Variant;
  /** The variant that was asked for, if it failed its check. */
  readonly insteadOf?: Variant;
  readonly heap: Heap;
  readonly kernels: Readonly<Record<DType, TypedKernels>>;
  readonly scratch: Pointer;
  /** All that the binary exports. */
  readonly exports: Kernels;
}

let current: Backend | undefined;

/** The running backend; the first call instantiates the default one from the inlined bytes. */
export function backendInUse(): Backend {
  if (!current) initSync();
  return current as Backend;
}

/** The name of the variant in use: "relaxed", "simd", "scalar" or "wide". Instantiates the default one if none runs yet. */
export function backend(): Variant {
  return backendInUse().variant;
}

/**
 * Instantiates the kernels now instead of at the first use. Optional and idempotent: once they run, `source` is unused.
 *
 * @param source the bytes of a variant or its compiled module; default: the bytes inlined in the package
 * @throws TypeError for a source of another kind, RangeError for an unknown variant or one that this engine cannot run,
 *   Error if another variant runs already
 */
export function initSync(source?: Binary, options: InitOptions = {}): void {
  const variant = wantedVariant("initSync", options);
  if (source !== undefined && !isBinary(source)) {
    throw new TypeError(
      "initSync: source must be bytes or a WebAssembly.Module; a Response, URL or promise needs init()",
    );
  }
  current ??= start("initSync", source ?? chooseBinary("initSync", variant), variant);
  checkSame("initSync", current, variant);
}

/**
 * Like `initSync`, for sources that arrive later.
 *
 * @param source bytes, a compiled module, a `Response`, a URL to fetch, or a promise of one
 * @throws as `initSync`, and Error if a URL cannot be read or a response is not a WebAssembly binary; a failed call can be
 *   tried again
 */
export async function init(source?: Source | PromiseLike<Source>, options: InitOptions = {}): Promise<void> {
  // The promise first, whatever comes then: one that rejects must not go unheard.
  const given = await source;
  const variant = wantedVariant("init", options);
  checkSource(given);
  if (!current) {
    const { binary, name } = given === undefined ? { binary: chooseBinary("init", variant) } : await fetchBinary(given);
    // Another caller may have been first by now: a synchronous use, or another `init`.
    current ??= start("init", binary, variant, name);
  }
  checkSame("init", current, variant);
}

function wantedVariant(caller: string, options: InitOptions): Variant | undefined {
  checkObject(caller, "options", options);
  if (options.variant !== undefined) checkChoice(caller, "variant", options.variant, VARIANTS);
  return options.variant;
}

function checkSame(caller: string, running: Backend, wanted: Variant | undefined): void {
  if (wanted !== undefined && wanted !== running.variant && wanted !== running.insteadOf) {
    throw new Error(`${caller}: "${running.variant}" is running already; ask for "${wanted}" before the first use`);
  }
}

function isResponse(source: unknown): source is Response {
  return typeof Response !== "undefined" && source instanceof Response;
}

function checkSource(source: unknown): void {
  const known = source === undefined || typeof source === "string" || source instanceof URL;
  if (!known && !isBinary(source) && !isResponse(source)) {
    throw new TypeError("init: source must be bytes, a WebAssembly.Module, a Response, a URL, or a promise of one");
  }
}

/**
 * The binary that a source leads to, and what messages call it. Not streamed: 20 kB compile at once, and the bytes tell
 * what a wrong content type or a 404 page would hide.
 */
async function fetchBinary(source: Source): Promise<{ binary: Binary; name?: string }> {
  if (isBinary(source)) return { binary: source };
  const response = isResponse(source) ? source : await attempt(nameOf(source), () => fetchUrl(source));
  const url = response.url || (response === source ? "" : source);
  const where = url ? nameOf(url) : "the response";
  if (!response.ok) throw new Error(`init: ${where} answered ${response.status} ${response.statusText}`.trimEnd());
  const binary = new Uint8Array(await attempt(where, () => response.arrayBuffer()));
  if (!isWasm(binary)) {
    const type = response.headers.get("content-type") ?? "none";
    throw new Error(`init: ${where} is not a WebAssembly binary (${binary.length} bytes, content type ${type})`);
  }
  return { binary, name: where };
}

/** Node's `fetch` refuses file: URLs; its built-in file system is asked for without an import that bundlers would see. */
async function fetchUrl(url: string | URL): Promise<Response> {
  const fs = String(url).startsWith("file:") ? globalThis.process?.getBuiltinModule?.("node:fs/promises") : undefined;
  return fs ? new Response(new Uint8Array(await fs.readFile(new URL(url)))) : fetch(url);
}

/** What the network throws names neither the URL nor who asked for it. */
async function attempt<T>(where: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new Error(`init: ${where} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** A URL in a message: a data: URL would be the whole binary. */
function nameOf(url: string | URL): string {
  const text = String(url);
  return text.startsWith("data:") ? `${text.slice(0, 60)}…` : text;
}

/** Every WebAssembly binary starts with these four bytes. */
function isWasm(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

function start(caller: string, binary: Binary, wanted: Variant | undefined, name?: string): Backend {
  const heap = new Heap();
  const { variant, exports } = instantiate(caller, binary, heap.memory, wanted, name);
  const scratch = heap.allocate(exports.scratchBytes.value, caller);
  const backend = { variant, heap, kernels: typedKernels(exports), scratch, exports };
  if (variant === "wide" && !multipliesRight(backend)) {
    console.warn(`${caller}: variant "wide" computes wrong products on this engine; using the default instead`);
    return { ...start(caller, chooseBinary(caller, undefined), undefined), insteadOf: variant };
  }
  return backend;
}
