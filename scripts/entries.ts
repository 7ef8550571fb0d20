/**
 * The entries of the package, as package.json exports them: each is a file of `src/entries`. The bundler, the build, the
 * size limits and the tests take the list from here. To add one: that file, and its lines in package.json.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Entry {
  /** What its users import: "affine-wasm/nn". */
  readonly specifier: string;
  /** The name of its files in `src/entries` and `dist`: "nn". */
  readonly name: string;
  /** Whether it has a build of its own for platforms that import binaries as modules. */
  readonly workerd: boolean;
  /** Whether it needs packages beside this one, and has a build of its own for Node, which says what is missing. */
  readonly peers: boolean;
  /** Whether it has a build of its own for Node and the like, which brings the variant `wide`. */
  readonly wide: boolean;
  /** What it may weigh in kB, gzipped, with all that it imports; `onTop`: without what the main entry has already. */
  readonly limit: string;
  readonly onTop: boolean;
}

type Conditions = Readonly<Record<string, string>>;

const { exports: exported, sizeLimits } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { exports: Record<string, string | Conditions>; sizeLimits: Record<string, string> };

export const ENTRIES: readonly Entry[] = Object.entries(exported).flatMap(([path, to]) => {
  if (typeof to === "string") return [];
  const [limit, onTop] = (sizeLimits[path] ?? "0 kB").split(/ (?=on top)/);
  return {
    specifier: path.replace(".", "affine-wasm"),
    name: path === "." ? "index" : path.slice("./".length),
    workerd: "workerd" in to,
    peers: "node-addons" in to,
    wide: "node" in to,
    limit: limit as string,
    onTop: onTop !== undefined,
  };
});

/** The files that the bundler makes of an entry. */
export function builtFiles({ name, workerd, peers, wide }: Entry): string[] {
  const others = [...(workerd ? ["workerd"] : []), ...(peers || wide ? ["node"] : [])];
  return [`dist/${name}.js`, `dist/${name}.d.ts`, ...others.map((other) => `dist/${name}.${other}.js`)];
}

/** Whether an entry brings no binary: then it shares no file with those that do, and is small by itself. */
export function standsAlone({ name }: Entry): boolean {
  return !sourcesOf(name).some((file) => file.endsWith("/binaries.ts"));
}

/** The sources that an entry runs. */
export function sourcesOf(name: string): string[] {
  return reach([`src/entries/${name}.ts`], (file) =>
    importsOf(file, /^(?:import|export) (?!type\b)(?:[^;"]*?from )?"(\.[^"]+)"/gm).map((to) =>
      to.replace(/\.js$/, ".ts"),
    ),
  );
}

/** Built files and what comes with them, each once. */
export function withImports(files: readonly string[]): string[] {
  return reach(files, (file) => {
    // A declaration names the script that it declares.
    const local = importsOf(file).filter((to) => to.startsWith("dist/"));
    return file.endsWith(".d.ts") ? local.map((to) => to.replace(/\.js$/, ".d.ts")) : local;
  });
}

/** What a file imports: the paths of files, the names of others. */
export function importsOf(file: string, statement = /\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g): string[] {
  const found = readFileSync(file, "utf8").matchAll(statement);
  return [...found].map(([, to = ""]) => (to.startsWith(".") ? join(file, "..", to) : to));
}

function reach(files: readonly string[], next: (file: string) => string[]): string[] {
  const all = new Set<string>();
  const visit = (file: string) => {
    if (all.has(file)) return;
    all.add(file);
    for (const to of next(file)) visit(to);
  };
  for (const file of files) visit(file);
  return [...all];
}
