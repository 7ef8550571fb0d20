/** The packed library in Jest itself, with its default environment and with jsdom. */
import { spawnSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPacked } from "../../tools/packed.js";

const { resolve } = createRequire(import.meta.url);
const app = (name: string) => fileURLToPath(new URL(`apps/${name}`, import.meta.url));

let project: ReturnType<typeof installPacked>;
beforeAll(() => {
  project = installPacked();
  const { folder } = project;
  const script = { format: "esm", outdir: folder, outExtension: { ".js": ".mjs" } } as const;
  buildSync({ ...script, entryPoints: [app("work.ts"), app("worked.ts")] });
  copyFileSync(app("jest.mjs"), join(folder, "work.test.mjs"));
  writeFileSync(join(folder, "jest.config.json"), JSON.stringify({ testMatch: ["**/*.test.mjs"] }));
});
afterAll(() => project?.remove());

describe("in Jest", () => {
  it.each(["node", "jsdom"])("with the environment %s", (name) => {
    const environment = resolve(`jest-environment-${name}`, { paths: [resolve("jest")] });
    const { status, stderr } = spawnSync(
      process.execPath,
      // Jest's own way to load ES modules: https://jestjs.io/docs/ecmascript-modules
      ["--experimental-vm-modules", resolve("jest/bin/jest"), "--env", environment],
      { cwd: project.folder, encoding: "utf8", env: { ...process.env, NODE_ENV: "test" } },
    );
    expect(stderr).toMatch(/^Tests: +2 passed, 2 total$/m);
    expect(status).toBe(0);
  });
});
