/** A static server on 127.0.0.1, with the headers and the wrong answers that a test wants. */
import { readFile } from "node:fs/promises";
import { createServer, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

/** What one path answers, in place of the file of that name. */
export interface Answer {
  status?: number;
  headers?: OutgoingHttpHeaders;
  body?: string | Uint8Array;
}

export interface Site {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** The paths asked for, in order, without the icon that browsers ask for by themselves. */
  readonly paths: string[];
  close(): Promise<void>;
}

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Serves the files of `root`; `headers` go with every answer, `answers` replace single paths. */
export async function serve(
  root: string,
  { headers = {}, answers = {} }: { headers?: OutgoingHttpHeaders; answers?: Record<string, Answer> } = {},
): Promise<Site> {
  const paths: string[] = [];
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://127.0.0.1");
    if (pathname === "/favicon.ico") return response.writeHead(204).end();
    paths.push(pathname);
    const answer = answers[pathname] ?? (await fileAnswer(root, pathname));
    send(response, { ...answer, headers: { "cache-control": "no-store", ...headers, ...answer.headers } });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths, close };
}

/** An origin at which nothing listens: the port was free a moment ago. */
export async function refusedOrigin(): Promise<string> {
  const site = await serve(".");
  await site.close();
  return site.origin;
}

async function fileAnswer(root: string, pathname: string): Promise<Answer> {
  const path = normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
  try {
    const body = await readFile(join(root, path));
    return { body, headers: { "content-type": TYPES[extname(path)] ?? "application/octet-stream" } };
  } catch {
    return { status: 404, headers: { "content-type": "text/html" }, body: "<!doctype html><h1>Not Found</h1>" };
  }
}

function send(response: ServerResponse, { status = 200, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}
