/** The packed types under older compilers and every way in which they look for a package, with library checks on. */
import { execFileSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPacked } from "../../tools/packed.js";

const CONSUMER = fileURLToPath(new URL("types/consumer.ts", import.meta.url));

let project: ReturnType<typeof installPacked>;
beforeAll(() => {
  project = installPacked();
  copyFileSync(CONSUMER, join(project.folder, "consumer.ts"));
});
afterAll(() => project?.remove());

describe.each(["5.4.5", "5.7.3", "6.0.3"])("TypeScript %s", (version) => {
  it.each(["node10", "node16", "bundler"])("finds every entry and its types with moduleResolution %s", (resolution) => {
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: false,
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      module: resolution === "node16" ? "node16" : "esnext",
      moduleResolution: resolution,
      ...(version.startsWith("6.") && resolution === "node10" && { ignoreDeprecations: "6.0" }),
    };
    writeFileSync(join(project.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    expect(tsc(version)).toBe("");
  });
});

/** What the compiler complains about. */
function tsc(version: string): string {
  try {
    const compiler = ["exec", "--yes", `--package=typescript@${version}`, "--", "tsc", "-p", "."];
    return execFileSync("npm", compiler, { cwd: project.folder, encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
