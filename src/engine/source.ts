/** Where `init` may get a binary from. */
import { isBinary, reasonOf } from "../kernels/instantiate.js";
import type { Binary } from "../kernels/webassembly.js";

/** What `init` takes: a binary, where to fetch one, or a promise of either. */
export type Source = Binary | URL | string | Response;

/** @throws TypeError for anything else */
export function checkSource(source: unknown): void {
  const known = source === undefined || typeof source === "string" || isUrl(source);
  if (!known && !isBinary(source) && !isResponse(source)) {
    throw new TypeError("init: source must be bytes, a WebAssembly.Module, a Response, a URL, or a promise of one");
  }
}

/**
 * The binary that a source leads to, and what messages call it. Not streamed: 20 kB compile at once, and the bytes tell
 * what a wrong content type or a 404 page would hide.
 */
export async function fetchBinary(source: Source): Promise<{ binary: Binary; name?: string }> {
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

/** The class of an object of any realm; a realm may have neither of these two, and be given them all the same. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function isUrl(source: unknown): source is URL {
  return tagOf(source) === "URL";
}

function isResponse(source: unknown): source is Response {
  return tagOf(source) === "Response";
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
