/** `npm run build:demo`: the page as static files that work from any path of any host, under a strict policy. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { defineConfig, type Plugin } from "vite";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  // Workers start from blobs, which inherit this policy: see src/worker.ts.
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Threads share memory, which browsers allow only to pages that these isolate from other origins. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The files of the library that the page does not need at its start. */
const LATER = "network|nn\\.|onnx|optimizers|parts|quantized|threads|write";

/** Only in the build: Vite's development server styles pages with inline sheets. */
const contentSecurityPolicy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
  ],
};

/** Last of all, the service worker: it knows every file of the build by name. */
const serviceWorker: Plugin = {
  name: "service-worker",
  apply: "build",
  closeBundle() {
    const files = readdirSync(path("dist/"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(path("dist/"), join(parentPath, name)));
    const hash = createHash("sha256");
    for (const file of files.sort()) hash.update(file).update(readFileSync(path(`dist/${file}`)));
    buildSync({
      entryPoints: [path("src/offline/sw.ts")],
      outfile: path("dist/sw.js"),
      bundle: true,
      minify: true,
      // A server gives the page at the folder's own address.
      define: {
        FILES: JSON.stringify(["", ...files.filter((file) => file !== "index.html")]),
        ISOLATION: JSON.stringify(ISOLATION),
        POLICY: JSON.stringify(POLICY),
        VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)),
      },
    });
  },
};

/**
 * `import url from "./worker.ts?shared"`: a module worker as a chunk of this build. Vite's own workers are builds by
 * themselves, each with another copy of the library.
 */
const sharedWorkers: Plugin = {
  name: "shared-workers",
  enforce: "pre",
  async resolveId(source, importer) {
    if (!source.endsWith("?shared")) return null;
    const worker = await this.resolve(source.replace("?shared", ""), importer);
    return worker && `\0shared:${worker.id}`;
  },
  load(id) {
    if (!id.startsWith("\0shared:")) return null;
    const file = id.slice("\0shared:".length);
    // The development server has every source at its own path.
    if (this.meta.watchMode) return `export default ${JSON.stringify(file.slice(path(".").length - 1))}`;
    const chunk = this.emitFile({ type: "chunk", id: file, name: basename(dirname(file)) });
    return `export default import.meta.ROLLUP_FILE_URL_${chunk}`;
  },
};

export default defineConfig({
  root: path("."),
  base: "./",
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
  plugins: [contentSecurityPolicy, sharedWorkers, serviceWorker],
  // The package as it is published: `npm run build` comes first.
  resolve: {
    alias: [
      { find: /^affine-wasm$/, replacement: path("../dist/index.js") },
      { find: /^affine-wasm\/([\w-]+)$/, replacement: path("../dist/$1.js") },
    ],
  },
  build: {
    target: "es2022",
    // Everything as a file: data URLs would need a laxer policy.
    assetsInlineLimit: 0,
    // TensorFlow.js, which is loaded only for the comparison.
    chunkSizeWarningLimit: 1000,
    // What the page's script imports is asked for together with it. No more: elsewhere that needs a document, which workers
    // lack, and for old browsers inline code, which the policy forbids.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_, files, { hostType }) => (hostType === "html" ? files : []),
    },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "uplot", test: /node_modules\/uplot/ },
            // What the page uses from its start. The rest of the library comes when it is asked for.
            { name: "library", priority: 1, test: new RegExp(`^(?!.*node_modules).*/dist/(?!${LATER})[^/]+\\.js$`) },
            { name: "files", test: /\/dist\/write\.js$/ },
          ],
        },
      },
    },
  },
});
