/** Before all tests, once: the packed library in a project of its own, and the apps as each bundler builds them. */
import { execFileSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import type { TestProject } from "vitest/node";
import { installPacked } from "../../../tools/packed.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of the project: `<app>/dist` are sites, `node_modules` holds the packed library. */
    project: string;
  }
}

const APPS = fileURLToPath(new URL("apps", import.meta.url));
const HOST_APPS = fileURLToPath(new URL("../apps", import.meta.url));
const VITE = fileURLToPath(new URL("../../../node_modules/vite/bin/vite.js", import.meta.url));

export default async function setup({ provide }: TestProject): Promise<() => void> {
  const { folder: project, remove } = installPacked();
  try {
    for (const app of ["main", "url", "in-worker"]) viteApp(project, app);
    await esbuildApp(project);
    await unbundledPages(project);
    await scopes(project);
  } catch (error) {
    remove();
    throw error;
  }
  provide("project", project);
  return remove;
}

function page(script: string, head = ""): string {
  return `<!doctype html><title>affine-wasm</title>${head}<script type="module" src="${script}"></script>`;
}

/** By its command line and without a configuration, as its users do; vitest's NODE_ENV would make it a test build. */
function viteApp(project: string, app: string): void {
  const root = join(project, `vite-${app}`);
  cpSync(APPS, root, { recursive: true });
  writeFileSync(join(root, "index.html"), page(`./${app}.ts`));
  const { NODE_ENV: _, VITEST: __, ...env } = process.env;
  execFileSync(process.execPath, [VITE, "build", "--logLevel", "warn"], { cwd: root, env, stdio: "inherit" });
}

async function esbuildApp(project: string): Promise<void> {
  const root = join(project, "esbuild");
  cpSync(APPS, root, { recursive: true });
  // `work.js` is the same work without a page, for Node.
  const entryPoints = [join(root, "main.ts"), join(root, "work.ts")];
  await build({ entryPoints, bundle: true, format: "esm", outdir: join(root, "dist"), logLevel: "warning" });
  writeFileSync(join(root, "dist", "index.html"), page("./main.js"));
}

/** Scripts of an AudioWorklet and of a service worker, and the pages that load them. */
async function scopes(project: string): Promise<void> {
  // As in this repository: the apps of pages find those of all hosts.
  const root = join(project, "scopes");
  const apps = join(root, "pages/apps");
  cpSync(APPS, apps, { recursive: true });
  cpSync(HOST_APPS, join(root, "apps"), { recursive: true });
  const options: BuildOptions = { bundle: true, logLevel: "warning", outdir: join(root, "dist") };
  const files = (...names: string[]) => names.map((name) => join(apps, `${name}.ts`));
  await build({ ...options, format: "iife", entryPoints: files("processor", "service") });
  await build({ ...options, format: "esm", entryPoints: files("audio", "registering") });
  for (const name of ["audio", "registering"]) writeFileSync(join(root, `dist/${name}.html`), page(`./${name}.js`));
}

/** No bundler sees the library here: esbuild only turns the app's own TypeScript into JavaScript. */
async function unbundledPages(project: string): Promise<void> {
  const names = ["main", "open", "threads", "training"];
  const entryPoints = names.map((name) => join(APPS, `${name}.ts`));
  const options: BuildOptions = {
    bundle: true,
    external: ["affine-wasm", "affine-wasm/nn", "affine-wasm/threads"],
    format: "esm",
    logLevel: "warning",
  };
  await build({ ...options, entryPoints, outdir: join(project, "pages") });
  const dist = "/node_modules/affine-wasm/dist";
  const imports = {
    "affine-wasm": `${dist}/index.js`,
    "affine-wasm/nn": `${dist}/nn.js`,
    "affine-wasm/threads": `${dist}/threads.js`,
  };
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
  for (const name of names) writeFileSync(join(project, `pages/${name}.html`), page(`./${name}.js`, map));
}
