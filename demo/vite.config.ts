/** `npm run demo:build`: the page as static files that work from any path of any host, under a strict policy. */
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Only in the build: Vite's development server styles pages with inline sheets. */
const contentSecurityPolicy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
  ],
};

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  plugins: [contentSecurityPolicy],
  // The package as it is published: `npm run build` comes first.
  resolve: {
    alias: [
      { find: /^affine-wasm$/, replacement: fileURLToPath(new URL("../dist/index.js", import.meta.url)) },
      { find: /^affine-wasm\/nn$/, replacement: fileURLToPath(new URL("../dist/nn.js", import.meta.url)) },
    ],
  },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // Everything as a file: data URLs would need a laxer policy.
    assetsInlineLimit: 0,
    // TensorFlow.js, which is loaded only for the comparison.
    chunkSizeWarningLimit: 1000,
    // Preloading is done with inline code in some browsers, and there is nothing to preload.
    modulePreload: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "uplot", test: /node_modules\/uplot/ }] } } },
  },
});
