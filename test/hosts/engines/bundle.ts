/** The suite and the packed library as one script, for engines that have no file system to load modules from. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "./paths.js";

/** Enough copies of the library for every test that wants one that nothing has started yet. */
const COPIES = 60;

/** Several threads share what the policy of the sources is told to share: where they can be had, the library is taken from these. */
function takesSources(platform: "browser" | "workerd"): boolean {
  return platform === "browser" && (process.env.AFFINE_THREADS ?? "1") !== "1";
}

/**
 * Bundles the suite with the library that is installed in `folder`, or on several threads with its sources. Returns the
 * script, an ES module. In workerd `.wasm` files are imported as modules, which lie in `wasm/` beside the script.
 */
export async function bundleSuite(folder: string, platform: "browser" | "workerd"): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["test/hosts/engines/portable/suite.ts"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: platform === "workerd" ? ["workerd"] : [],
    logLevel: "error",
    // In messages; in the package classes have them already.
    keepNames: takesSources(platform),
    define: { "process.env.NODE_ENV": '"test"' },
    plugins: [suite(folder, platform)],
  });
  return outputFiles[0]?.text as string;
}

/** The folders whose tests run on every engine; what needs Node or heavy packages is named `….node.test.ts` or `….dev.test.ts`. */
const FOLDERS = [
  "common",
  "contract",
  "engine",
  "kernels",
  "layer",
  "memory",
  "nn",
  "quantized",
  "formats/safetensors",
];
const testFiles = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, "test", folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /(?<!\.(node|dev))\.test\.ts$/.test(name))
    .map((name) => `test/${folder}/${name}`),
);

function suite(folder: string, platform: "browser" | "workerd"): Plugin {
  const fromSources = takesSources(platform);
  return {
    name: "suite",
    setup({ onResolve, onLoad, resolve }) {
      const portable = join(root, "test/hosts/engines/portable");
      onResolve({ filter: /^vitest$/ }, () => ({ path: join(portable, "vitest.ts") }));
      onResolve({ filter: /\/environment\.js$/ }, () => ({ path: join(portable, "environment.ts") }));
      onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path: `./wasm/${path.split("/").at(-1)}`, external: true }));
      onResolve({ filter: /\/raw\.js$/ }, ({ path, resolveDir }) => {
        const [, kind] = /test\/support\/(nn|quantized)\/raw\.js$/.exec(join(resolveDir, path)) ?? [];
        return kind ? { path: join(portable, `${kind}Raw.ts`) } : undefined;
      });
      // package.json, which knows the built files alone, says of sources that they have no side effects.
      onResolve({ filter: /\/wide\/binaries\.js$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path).replace(/js$/, platform === "workerd" ? "workerd.ts" : "ts"),
        sideEffects: true,
      }));
      if (platform === "workerd") {
        onResolve({ filter: /src\/kernels\/(nn\/|quantized\/)?binaries\.js$/ }, ({ path }) => ({
          path: join(root, path.slice(path.indexOf("src/kernels")).replace("binaries.js", "binaries.workerd.ts")),
        }));
      }

      // The library by its name: from the packed tarball, by its exports, or its sources; a copy for each number asked for.
      onResolve({ filter: /^affine-wasm(\/[\w-]+)?(\?\d+)?$/ }, async ({ path, pluginData }) => {
        if (pluginData === suite) return undefined;
        const [name = "", copy] = path.split("?");
        if (fromSources) {
          const entry = join(root, "src/entries", `${name.split("/")[1] ?? "index"}.ts`);
          return { path: entry, suffix: copy ? `?${copy}` : "", sideEffects: true };
        }
        const found = await resolve(name, { kind: "import-statement", resolveDir: folder, pluginData: suite });
        return { ...found, suffix: copy ? `?${copy}` : "" };
      });
      // A copy has copies of its chunks, too: in them lies what "has started" means.
      const copied = fromSources ? /\/src\/[^?]*\.ts$/ : /node_modules.affine-wasm.dist.*\.js$/;
      onLoad({ filter: copied }, ({ path, suffix }) => ({
        contents: readFileSync(path),
        loader: fromSources ? "ts" : "js",
        resolveDir: dirname(path),
        pluginData: { suffix },
      }));
      onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, resolveDir, pluginData }) => {
        if (!pluginData?.suffix) return undefined;
        const file = join(resolveDir, path);
        return { path: fromSources ? file.replace(/js$/, "ts") : file, suffix: pluginData.suffix };
      });

      onResolve({ filter: /^affine-wasm:/ }, ({ path }) => ({ path, namespace: "made" }));
      const list = (entries: string[]) => `[${entries.join(",")}]`;
      onLoad({ filter: /:copies$/, namespace: "made" }, () => ({
        contents: `export const copies = ${list(Array.from({ length: COPIES }, (_, i) => `() => import("affine-wasm?${i}")`))};`,
        resolveDir: root,
      }));
      onLoad({ filter: /:tests$/, namespace: "made" }, () => ({
        contents: `export const files = Object.fromEntries(${list(
          testFiles.map((name) => `["${name}", () => import("./${name}")]`),
        )});`,
        resolveDir: root,
      }));
    },
  };
}
