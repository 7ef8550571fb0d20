/** The package: one file with the binaries inlined, one for platforms that import them, the binaries, the types. */
import { basename, dirname, join } from "node:path";
import { defineConfig, type UserConfig } from "tsdown";
import { ENTRIES, type Entry, sourcesOf, standsAlone } from "./scripts/entries.js";
import { nameExportsAsInside } from "./scripts/exportNames.js";
import { MODULES, PACKED, wasmFile } from "./scripts/kernels.js";
import { inLines } from "./scripts/lines.js";

/** Names of what chunks share, which their users never see. */
const shortExports = {
  name: "short-exports",
  generateBundle(_: unknown, bundle: Record<string, { code?: string; isEntry?: boolean; fileName: string }>) {
    nameExportsAsInside(Object.fromEntries(Object.entries(bundle).filter(([name]) => name.endsWith(".js"))));
  },
};

/** Of an uncaught mistake an engine prints the line that threw: the minifier writes one line, which is broken here. */
const shortLines = {
  name: "short-lines",
  generateBundle(_: unknown, bundle: Record<string, { code?: string }>) {
    for (const [name, file] of Object.entries(bundle)) {
      if (name.endsWith(".js") && file.code) file.code = inLines(file.code);
    }
  },
};

/** `Uint8Array<ArrayBuffer>` in words that TypeScript before 5.7 knows, too, where typed arrays take no argument. */
const olderTypes = {
  name: "older-types",
  generateBundle(_: unknown, bundle: Record<string, { code?: string }>) {
    for (const [name, file] of Object.entries(bundle)) {
      if (!name.endsWith(".d.ts") || !file.code) continue;
      file.code = file.code.replace(/\b(\w+Array)<ArrayBuffer>/g, 'ReturnType<$1Constructor["of"]>');
    }
  },
};

const common: UserConfig = {
  format: "esm",
  platform: "neutral",
  target: "es2022",
  fixedExtension: false,
  // Classes keep their names, for a user's logs.
  minify: { mangle: { toplevel: true, keepNames: { class: true, function: false } } },
  banner: {
    // `Symbol.dispose` is in no default library of TypeScript's older targets.
    dts: '/// <reference lib="esnext.disposable" />',
    js: "/*! affine-wasm, MIT */",
  },
  deps: { neverBundle: [/^@tensorflow/, "bullmq", "ioredis"] },
  plugins: [shortExports, shortLines, olderTypes],
  // package.json speaks of the built files.
  treeshake: { moduleSideEffects: [{ test: /\/src\/kernels\/wide\//, sideEffects: true }] },
};

/** The sources of entries, by the names of their files in `dist`. */
function sources(entries: readonly Entry[], suffix = ""): Record<string, string> {
  return Object.fromEntries(entries.map(({ name }) => [`${name}${suffix}`, `src/entries/${name}.ts`]));
}

/** In every folder of `src`, `binaries.workerd.ts` in place of `binaries.ts`; what that imports lies in `dist/wasm`. */
const workerdBinaries = {
  name: "workerd-binaries",
  resolveId(source: string, importer?: string) {
    if (source.endsWith(".wasm")) return { id: `./wasm/${basename(source)}`, external: "absolute" as const };
    if (!importer || !source.endsWith("/binaries.js")) return null;
    return join(dirname(importer), source.replace(/js$/, "workerd.ts"));
  },
};

/**
 * The main entry is one file, beside what kernels alone consist of: gzip sees less in several, and each costs the first
 * call half a millisecond. Others that share a part of it load the whole.
 */
const inLayer = sourcesOf("index").filter((file) => !file.startsWith("src/entries/"));
const inKernels = sourcesOf("kernels").filter((file) => inLayer.includes(file));

function isOneOf(files: readonly string[]): (id: string) => boolean {
  return (id) => files.some((file) => id.endsWith(`/${file}`));
}

export default defineConfig([
  {
    ...common,
    entry: sources(ENTRIES.filter((entry) => !standsAlone(entry))),
    outputOptions: {
      chunkFileNames: "[name].js",
      // The binaries as text, apart from the code.
      codeSplitting: {
        groups: [
          ...MODULES.map(({ inlined: [{ file }] }) => ({
            priority: 3,
            name: file.split("/").slice(2).join("-").replace(".ts", ""),
            test: (id: string) => id.endsWith(file),
          })),
          { name: "variants", test: isOneOf(inKernels), priority: 2 },
          { name: "layer", test: isOneOf(inLayer), priority: 1 },
          // With what brings it: for its users, and for the copies of entries that Node loads.
          { name: "wide-inlined", test: /\/src\/kernels\/wide\/\w+\.ts$/ },
        ],
      },
    },
    dts: true,
    copy: [
      ...PACKED.map((name) => ({ from: wasmFile(name), to: "dist/wasm" })),
      { from: "build/threads-worker.js", to: "dist" },
    ],
  },
  ...ENTRIES.filter(standsAlone).map((entry) => ({ ...common, entry: sources([entry]), dts: true, clean: false })),
  {
    ...common,
    entry: sources(
      ENTRIES.filter(({ workerd }) => workerd),
      ".workerd",
    ),
    outputOptions: { chunkFileNames: "[name].workerd.js" },
    dts: false,
    clean: false,
    plugins: [shortExports, shortLines, workerdBinaries],
  },
]);
