/** Every TypeScript block of README and site compiles under the strictest settings, and runs. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { blocksOf, pages } from "./blocks.js";

const FOLDER = resolve("build/docs-blocks");
const blocks = pages().flatMap(blocksOf);
const fileOf = (i: number) => join(FOLDER, `${i}.ts`);

beforeAll(() => {
  mkdirSync(FOLDER, { recursive: true });
  // Each is a module of its own, also without an import.
  for (const [i, { code }] of blocks.entries()) writeFileSync(fileOf(i), `${code}\nexport {};\n`);
});
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

it("there are blocks, in the README and on the site", () => {
  expect(blocks.length).toBeGreaterThan(15);
  expect(blocks.some(({ place }) => place.startsWith("README.md"))).toBe(true);
});

it("every block compiles in strict TypeScript, as its reader would have it", () => {
  const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
  const strict = {
    ...options,
    noUnusedLocals: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  };
  const program = ts.createProgram(
    // The type of a bundled file, which the page about workers tells its reader to declare.
    [...blocks.map((_, i) => fileOf(i)), "examples/worker/data.d.ts"],
    { ...strict, noEmit: true, skipLibCheck: true },
  );
  const problems = blocks.flatMap(({ place }, i) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(fileOf(i)))
      .map(({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`),
  );
  expect(problems).toEqual([]);
}, 120_000);

describe("every block runs", () => {
  it.each(blocks.map((block, i) => ({ ...block, i })).filter(({ runs }) => runs))("$place", async ({ i }) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      await import(/* @vite-ignore */ fileOf(i));
    } finally {
      log.mockRestore();
    }
  });
});
