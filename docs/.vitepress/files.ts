/** What the site gets beside its pages: the playground, and the worker that keeps it offline. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The page of `demo/`, as `npm run build:demo` has left it. */
export function withPlayground(out: string): void {
  const page = join(root, "demo/dist");
  if (existsSync(page)) cpSync(page, join(out, "page"), { recursive: true });
  cpSync(join(root, "demo/public/icon.svg"), join(out, "icon.svg"));
}

/** The service worker of the page, for the files of the site: each is kept once, and asked for again only when it is new. */
export function keepOffline(out: string): void {
  const files = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(out, join(parentPath, name)))
    .filter((file) => !file.startsWith("page/"));
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(out, file)));
  buildSync({
    entryPoints: [join(root, "demo/src/offline/sw.ts")],
    outfile: join(out, "sw.js"),
    bundle: true,
    minify: true,
    define: {
      FILES: JSON.stringify(["", ...files.filter((file) => file !== "index.html")]),
      POLICY: JSON.stringify("default-src 'self'"),
      VERSION: JSON.stringify(`site ${hash.digest("hex").slice(0, 16)}`),
    },
  });
}
