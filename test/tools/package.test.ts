/** The package as it would be published: its files, its exports, and that nothing comes with it. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PACKED } from "../../scripts/kernels.js";
import { eachCase } from "../support/cases.js";

/** Every file of the package. Whatever else gets into it, or stays out, was an accident. */
const FILES = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "dist/abi.d.ts",
  "dist/index.d.ts",
  "dist/index.js",
  "dist/index.workerd.js",
  "dist/initializers.d.ts",
  "dist/instantiate.js",
  "dist/instantiate.workerd.js",
  "dist/kernels.d.ts",
  "dist/kernels.js",
  "dist/kernels.workerd.js",
  "dist/nn.d.ts",
  "dist/nn.js",
  "dist/nn.workerd.js",
  "dist/node.d.ts",
  "dist/node.js",
  "dist/npy.d.ts",
  "dist/npy.js",
  "dist/onnx.d.ts",
  "dist/onnx.js",
  "dist/overMemory.js",
  "dist/passes.js",
  "dist/passes.workerd.js",
  "dist/start.js",
  "dist/tfjs.d.ts",
  "dist/tfjs.js",
  "dist/wasm/nn-scalar.wasm",
  "dist/wasm/nn-simd.wasm",
  "dist/wasm/relaxed.wasm",
  "dist/wasm/scalar.wasm",
  "dist/wasm/simd.wasm",
  "dist/wasm/wide.wasm",
  "package.json",
  "wasm.sha256",
];

/** What a user of these files installs beside the package. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  "dist/npy.js": ["fflate", "npyjs"],
  "dist/onnx.js": ["onnx-proto"],
  "dist/tfjs.js": ["@tensorflow/tfjs-core"],
};

type Conditions = { [condition: string]: string | Conditions };

interface Manifest {
  type?: string;
  sideEffects?: boolean | string[];
  engines?: Record<string, string>;
  exports?: Conditions;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  bundleDependencies?: string[];
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

const read = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Manifest;
const manifest = read("package.json");

describe("the package", () => {
  const pack = ["pack", "--dry-run", "--json", "--ignore-scripts", "--no-update-notifier"];
  const [{ files }] = JSON.parse(execFileSync("npm", pack, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  const packed: string[] = files.map(({ path }: { path: string }) => path);

  it("holds these files and no other", () => {
    expect(packed.sort()).toEqual(FILES);
  });

  it("has a file for every path that it exports, and exports every binary", () => {
    const targets = Object.entries(manifest.exports ?? {}).flatMap(([name, to]) =>
      leaves(to).map((file) => ({ name, file: file.replace(/^\.\//, "") })),
    );
    eachCase(targets, ({ name, file }) => {
      const [start = "", end] = file.split("*");
      const found = packed.filter((path) =>
        end === undefined ? path === file : path.startsWith(start) && path.endsWith(end),
      );
      if (end === undefined) expect(found, name).toEqual([file]);
      else expect(found.length, name).toBeGreaterThan(0);
    });
    expect(manifest.exports?.["./wasm/*.wasm"]).toBe("./dist/wasm/*.wasm");
    eachCase(PACKED, (name) => expect(packed).toContain(`dist/wasm/${name}.wasm`));
  });

  it("names types first and the default last, as resolvers read them in that order", () => {
    const conditional = Object.values(manifest.exports ?? {}).filter((to) => typeof to !== "string");
    eachCase(conditional, (to) => {
      expect(Object.keys(to)[0]).toBe("types");
      expect(Object.keys(to).at(-1)).toBe("default");
    });
  });

  it("imports nothing but its own files, what Node has built in and, in the files that need them, optional peers", () => {
    const scripts = packed.filter((path) => path.endsWith(".js"));
    const imports = scripts.flatMap((script) => importsOf(script).map((to) => ({ script, to })));
    eachCase(imports, ({ script, to }) => {
      if (to.startsWith("node:")) expect(script).toBe("dist/node.js");
      else if (manifest.peerDependencies?.[to]) expect(PEERS[script], `${script}: ${to}`).toContain(to);
      else expect(packed, script).toContain(to);
    });
  });

  it("is measured as a whole by size-limit: each entry with the files that it imports", () => {
    const budgets = JSON.parse(readFileSync(".size-limit.json", "utf8")) as { name: string; path: string[] }[];
    const sizes = new Map(budgets.map(({ name, path }) => [name.split(",")[0], path.sort()]));
    const main = withImports("dist/index.js");
    const entries = Object.entries(manifest.exports ?? {}).filter(([, to]) => typeof to !== "string");
    eachCase(entries, ([entry, to]) => {
      const name = entry.replace(/^\./, "affine-wasm");
      const files = withImports((to as { default: string }).default.replace(/^\.\//, ""));
      // An entry on top of the main one is measured without it.
      const onTop = name === "affine-wasm/node";
      const own = onTop ? files.filter((file) => !main.includes(file)) : files;
      expect(sizes.get(name), name).toEqual(own.sort());
    });
  });

  it("brings no dependency and runs nothing when it is installed", () => {
    const { dependencies, optionalDependencies, bundleDependencies, peerDependencies, scripts } = manifest;
    expect({ dependencies, optionalDependencies, bundleDependencies }).toEqual({});
    for (const name of Object.keys(peerDependencies ?? {})) {
      expect(manifest.peerDependenciesMeta?.[name], name).toEqual({ optional: true });
    }
    const names = Object.keys(scripts ?? {});
    expect(names.filter((name) => /^(pre|post)?install$|^(pre|post)?prepare$|^dependencies$/.test(name))).toEqual([]);
    expect(names).toContain("prepack");
    // npm would run node-gyp for it.
    expect(packed).not.toContain("binding.gyp");
  });

  it("is an ES module for Node 20 and newer, without side effects but for the import that registers kernels", () => {
    const { type, sideEffects, engines } = manifest;
    expect({ type, engines }).toEqual({ type: "module", engines: { node: ">=20" } });
    expect(sideEffects).toEqual(["./dist/tfjs.js"]);
  });
});

describe("every package.json of the repository", () => {
  it("pins the exact version of everything that it installs", () => {
    const manifests = manifestsIn(".");
    expect(manifests).toEqual(expect.arrayContaining(["package.json", "bench/peers/package.json"]));
    eachCase(manifests, (file) => {
      const { dependencies, devDependencies, optionalDependencies } = read(file);
      const wanted = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
      eachCase(wanted, ([name, version]) => expect(version, `${file}: ${name}`).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/));
    });
  });
});

/** What a built file imports: the paths of files, the names of others. */
function importsOf(script: string): string[] {
  const found = readFileSync(script, "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return [...found].map(([, to = ""]) => (to.startsWith(".") ? join(script, "..", to) : to));
}

/** A file and the files that come with it, each once. */
function withImports(file: string, before: readonly string[] = []): string[] {
  if (before.includes(file) || !file.startsWith("dist/")) return [...before];
  return importsOf(file).reduce((all, to) => withImports(to, all), [...before, file]);
}

function leaves(to: string | Conditions): string[] {
  return typeof to === "string" ? [to] : Object.values(to).flatMap(leaves);
}

function manifestsIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return entry.name === "package.json" ? [path] : [];
    return entry.name === "node_modules" || entry.name.startsWith(".") ? [] : manifestsIn(path);
  });
}
