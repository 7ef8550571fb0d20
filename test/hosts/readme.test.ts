/** The samples of the README, as a user copies them: they compile under strict TypeScript, and the first one does what it says. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { describe, expect, inject, it } from "vitest";
import { eachCase } from "../support/cases.js";

const project = inject("host");
const README = readFileSync("README.md", "utf8");
const samples = [...README.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => code);

/** What a sample takes from the user's program: by what it begins with, the names and their types. */
const GIVEN: readonly [RegExp, string][] = [
  [
    /^const x = tensor/,
    `import { Affine, tensor } from "affine-wasm"; declare const layer: Affine, pixels: Float32Array;`,
  ],
  [
    /"affine-wasm\/kernels"/,
    `declare const engine: { exports: { memory: WebAssembly.Memory; malloc(bytes: number): number } };
     declare const batch: number, out: number, in_: number, x: number, w: number, b: number, y: number;`,
  ],
  [
    /net\.epochs/,
    `declare const x: Float32Array, labels: Uint8Array, image: Float32Array, test: { x: Float32Array; labels: Uint8Array };`,
  ],
];

const node = (...words: string[]) => spawnSync(process.execPath, words, { cwd: project, encoding: "utf8" });

describe("the README's samples", () => {
  it("compile under strict TypeScript, indexed access unchecked nowhere", () => {
    mkdirSync(join(project, "readme"), { recursive: true });
    const files: string[] = [];
    eachCase([...samples.entries()], ([i, code]) => {
      const given = GIVEN.find(([beginning]) => beginning.test(code))?.[1] ?? "";
      files.push(`readme/${i}.ts`);
      writeFileSync(join(project, `readme/${i}.ts`), `${given}\n${code}\nexport {};\n`);
    });
    const compilerOptions = {
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      module: "esnext",
      moduleResolution: "bundler",
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const compiler = fileURLToPath(new URL("../../node_modules/typescript/lib/tsc.js", import.meta.url));
    expect(node(compiler, "-p", ".").stdout).toBe("");
  });

  it("the first one finds and prints the weights that it names", () => {
    const { code } = transformSync(samples[0] as string, { loader: "ts" });
    writeFileSync(join(project, "readme.mjs"), code);
    const [x0 = Number.NaN, x1 = Number.NaN, b = Number.NaN] = [
      ...node("readme.mjs").stdout.matchAll(/[\d.]+(?=[ ,\]])/g),
    ].map(Number);
    expect([x0, x1, b].map(Math.round)).toEqual([3, 2, 1]);
  });
});
