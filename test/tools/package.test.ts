/** The package as it would be published: its files, its exports, and that nothing comes with it. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builtFiles, ENTRIES, importsOf, withImports } from "../../scripts/entries.js";
import { PACKED } from "../../scripts/kernels.js";
import { eachCase } from "../support/cases.js";

/** The package besides what is built. */
const AROUND = ["CHANGELOG.md", "LICENSE", "NOTICE", "README.md", "package.json", "wasm.sha256"];

type Conditions = { [condition: string]: string | Conditions };

interface Manifest {
  type?: string;
  sideEffects?: boolean | string[];
  main?: string;
  types?: string;
  alias?: Record<string, string>;
  typesVersions?: Record<string, Record<string, string[]>>;
  engines?: Record<string, string>;
  exports?: Conditions;
  sizeLimits?: Record<string, string>;
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

  it("holds its entries, what they import, the binaries, and no other file", () => {
    const built = ENTRIES.flatMap(builtFiles);
    expect(built.length).toBeGreaterThan(ENTRIES.length);
    const binaries = PACKED.map((name) => `dist/wasm/${name}.wasm`);
    const expected = new Set([...AROUND, ...binaries, "dist/threads-worker.js", ...withImports(built)]);
    expect(packed.sort()).toEqual([...expected].sort());
  });

  it("has an entry for every file of src/entries, with a size limit, and no other", () => {
    const files = ENTRIES.map(({ name }) => `${name}.ts`);
    expect(files.sort()).toEqual(readdirSync("src/entries").sort());
    eachCase(ENTRIES, ({ specifier, limit }) => expect(Number.parseFloat(limit), specifier).toBeGreaterThan(0));
    expect(Object.keys(read("package.json").sizeLimits ?? {})).toHaveLength(ENTRIES.length);
  });

  it("has no binary inlined where platforms import binaries as modules", () => {
    const built = ENTRIES.filter(({ workerd }) => workerd).map(({ name }) => `dist/${name}.workerd.js`);
    eachCase(withImports(built), (file) => expect(file).toMatch(/\.(workerd\.js|wasm)$/));
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

  it("tells those who know no exports where the entries and their types are", () => {
    const { main, types, alias, typesVersions } = manifest;
    expect([main, types]).toEqual(["./dist/index.js", "./dist/index.d.ts"]);
    const others = ENTRIES.filter(({ name }) => name !== "index").map(({ name }) => name);
    expect(others.length).toBeGreaterThan(4);
    expect(alias).toEqual(Object.fromEntries(others.map((name) => [`./${name}`, `./dist/${name}.js`])));
    expect(typesVersions).toEqual({ "*": Object.fromEntries(others.map((name) => [name, [`./dist/${name}.d.ts`]])) });
  });

  it("names types first and the default last, as resolvers read them in that order", () => {
    const conditional = Object.values(manifest.exports ?? {}).filter((to) => typeof to !== "string");
    eachCase(conditional, (to) => {
      expect(Object.keys(to)[0]).toBe("types");
      expect(Object.keys(to).at(-1)).toBe("default");
    });
  });

  it("imports nothing but its own files and what an entry says that it needs: Node, and optional peers", () => {
    const foreign = ENTRIES.flatMap(({ name }) => {
      const scripts = withImports([`dist/${name}.js`]);
      const names = scripts.flatMap((script) => importsOf(script)).filter((to) => !packed.includes(to));
      return [...new Set(names)].map((to) => ({ source: `src/entries/${name}.ts`, to }));
    });
    eachCase(foreign, ({ source, to }) => {
      const says = readFileSync(source, "utf8").replace(/\s+(\* )?/g, " ");
      if (to.startsWith("node:")) return expect(says, `${source}: ${to}`).toContain("Node");
      expect(manifest.peerDependencies, `${source}: ${to}`).toHaveProperty([to]);
      expect(says, `${source}: ${to}`).toMatch(new RegExp(`Needs the packages? [^.]*${to}`));
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

  it("is an ES module for Node 20.19 and newer, without side effects but for imports that register kernels", () => {
    const { type, sideEffects, engines } = manifest;
    expect({ type, engines }).toEqual({ type: "module", engines: { node: ">=20.19" } });
    const withWide = ENTRIES.filter(({ wide }) => wide).map(({ name }) => `./dist/${name}.node.js`);
    expect(withWide).toEqual(["./dist/index.node.js", "./dist/kernels.node.js"]);
    expect(sideEffects).toEqual([
      ...withWide,
      ...["tfjs", "tfjs.node", "wide-inlined", "wide"].map((name) => `./dist/${name}.js`),
    ]);
  });
});

describe("every package.json of the repository", () => {
  it("pins the exact version of everything that it installs", () => {
    const manifests = manifestsIn(".");
    expect(manifests).toEqual(expect.arrayContaining(["package.json", "dev/package.json"]));
    eachCase(manifests, (file) => {
      const { dependencies, devDependencies, optionalDependencies } = read(file);
      const wanted = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
      eachCase(wanted, ([name, version]) =>
        expect(version, `${file}: ${name}`).toMatch(/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/),
      );
    });
  });
});

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
