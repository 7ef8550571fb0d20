/** The packed library in a page, as Vite, esbuild and no bundler at all bring it there. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, inject, it } from "vitest";
import { withImports } from "../../../scripts/entries.ts";
import { type Site, serve } from "../../../tools/server.ts";
import { openInEachBrowser } from "./open.ts";
import { worked } from "./worked.ts";

const project = inject("project");
/** The main entry and all that it imports. */
const library = withImports(["dist/index.js"]);

/** Each way to the page: what it serves, and all that the page may ask for. */
const ways = [
  { name: "built by Vite", root: "vite-main/dist", path: "/", script: /^\/assets\/index-[\w-]+\.js$/ },
  { name: "built by esbuild", root: "esbuild/dist", path: "/", script: /^\/main\.js$/ },
  {
    name: "unbundled, through an import map",
    root: ".",
    path: "/pages/main.html",
    script: new RegExp(`^/(pages/main.js|${library.map((file) => `node_modules/affine-wasm/${file}`).join("|")})$`),
    scripts: 1 + library.length,
  },
];

let site: Site;
afterEach(() => site?.close());

openInEachBrowser((open) => {
  describe.each(ways)("a page $name", ({ root, path, script, scripts = 1 }) => {
    it("computes, and asks for nothing but itself and its scripts", async () => {
      site = await serve(join(project, root));
      const { outcome, requests } = await open(site.origin + path);
      expect(outcome).toEqual({ value: worked });
      const [document, ...others] = site.paths;
      expect(document).toBe(path);
      expect(others.length).toBe(scripts);
      expect(new Set(others).size).toBe(scripts);
      for (const other of others) expect(other).toMatch(script);
      expectSameOrigin(requests, scripts + 1);
    });

    it.each(["scalar", "simd"])("has the bits of Node in the variant %s", async (variant) => {
      site = await serve(join(project, root));
      const { outcome } = await open(`${site.origin}${path}?bits=${variant}`);
      const ofNode = bitsInNode(variant);
      expect(ofNode).toMatchObject({ variant });
      expect(ofNode.float64.dWeight.length).toBe(2 * 37 * 19);
      expect(outcome).toEqual({ value: ofNode });
    });
  });

  it("a page built by Vite starts from a binary that Vite serves as a file", async () => {
    site = await serve(join(project, "vite-url/dist"));
    const { outcome, requests } = await open(site.origin);
    expect(outcome).toEqual({ value: { backend: "simd", ...worked } });
    expect(site.paths.filter((asked) => /^\/assets\/simd-[\w-]+\.wasm$/.test(asked)).length).toBe(1);
    expectSameOrigin(requests, 3);
  });

  it("a Web Worker built by Vite computes", async () => {
    site = await serve(join(project, "vite-in-worker/dist"));
    const { outcome, requests } = await open(site.origin);
    expect(outcome).toEqual({ value: worked });
    expect(site.paths.filter((asked) => /^\/assets\/worker-[\w-]+\.js$/.test(asked)).length).toBe(1);
    expectSameOrigin(requests, 3);
  });
});

function expectSameOrigin(requests: string[], atLeast: number): void {
  expect(requests.length).toBeGreaterThanOrEqual(atLeast);
  expect(requests.filter((url) => new URL(url).origin !== site.origin)).toEqual([]);
}

/** The same bundled work in a Node of its own. */
function bitsInNode(variant: string) {
  const url = pathToFileURL(join(project, "esbuild/dist/work.js")).href;
  const script = `import { bitsOf } from ${JSON.stringify(url)}; console.log(JSON.stringify(bitsOf("${variant}")));`;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }));
}
