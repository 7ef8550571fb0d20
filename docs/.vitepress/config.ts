/** The documentation site: `npm run docs` builds and serves it. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { keepOffline, withPlayground } from "./files.js";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Made by typedoc from the docstrings, before the site is built. */
const api = here("../api/typedoc-sidebar.json");

export default defineConfig({
  title: "affine-wasm",
  description: "The dense layer, forward and backward, wherever JavaScript runs.",
  // Where the site is served from: DOCS_BASE=/affine-wasm/ for a folder of a host.
  base: process.env.DOCS_BASE ?? "/",
  // Addresses of a page's own machine appear in commands.
  ignoreDeadLinks: "localhostLinks",
  srcExclude: ["README.md"],
  head: [
    ["link", { rel: "icon", href: "/icon.svg" }],
    ["meta", { name: "color-scheme", content: "light dark" }],
  ],
  vite: { build: { assetsInlineLimit: 0 } },
  // The theme's own colours of code are too pale to read for many.
  markdown: { theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: "/start" },
      { text: "Guide", link: "/guide/layer" },
      { text: "Recipes", link: "/recipes/" },
      { text: "API", link: "/api/modules" },
      { text: "Playground", link: "/playground" },
    ],
    sidebar: {
      "/api/": existsSync(api) ? JSON.parse(readFileSync(api, "utf8")) : [],
      "/": [
        {
          text: "Begin",
          items: [
            { text: "Start in two minutes", link: "/start" },
            { text: "When to use something else", link: "/when-not" },
            { text: "Coming from …", link: "/coming-from" },
            { text: "Playground", link: "/playground" },
          ],
        },
        {
          text: "Guide",
          items: [
            { text: "The layer", link: "/guide/layer" },
            { text: "Zero copy", link: "/guide/zero-copy" },
            { text: "Networks", link: "/guide/networks" },
            { text: "Losses of your own", link: "/guide/losses" },
            { text: "All cores", link: "/guide/threads" },
            { text: "Models in and out", link: "/guide/models" },
            { text: "Small weights", link: "/guide/small-weights" },
            { text: "Many machines", link: "/guide/machines" },
            { text: "TensorFlow.js", link: "/guide/tfjs" },
            { text: "Games and workers", link: "/guide/games" },
            { text: "Edge and servers", link: "/guide/edge" },
          ],
        },
        {
          text: "Recipes",
          items: [
            { text: "All recipes", link: "/recipes/" },
            { text: "Training", link: "/recipes/training" },
          ],
        },
        {
          text: "Know",
          items: [
            { text: "Reference, in short", link: "/reference" },
            { text: "Limits", link: "/limits" },
            { text: "Speed", link: "/speed" },
            { text: "Promises, and how they are tested", link: "/promises" },
            { text: "Errors and remedies", link: "/errors" },
          ],
        },
        {
          text: "Inside",
          items: [
            { text: "Architecture", link: "/architecture" },
            { text: "Kernels", link: "/kernels" },
            { text: "Testing", link: "/testing" },
          ],
        },
      ],
    },
  },
  buildEnd({ outDir }) {
    withPlayground(outDir);
    keepOffline(outDir);
  },
});
