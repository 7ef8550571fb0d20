/** The packed library in a site that Next.js builds: in the browser, in a route of Node and in one of the edge runtime. */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, readdirSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eachBrowser } from "../../tools/browsers.js";
import { installPacked } from "../../tools/packed.js";
import { worked } from "./apps/worked.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const NEXT = path("../../node_modules/next/dist/bin/next");
const BUILD_TIME = 300_000;

let project: ReturnType<typeof installPacked>;
let server: ReturnType<typeof spawn>;
let origin: string;

beforeAll(async () => {
  project = installPacked();
  const { folder } = project;
  cpSync(path("apps/next"), folder, { recursive: true });
  // No TypeScript: Next.js would install what it wants for it.
  buildSync({ entryPoints: [path("apps/work.ts")], format: "esm", outdir: folder });
  for (const name of readdirSync(path("../../node_modules"))) {
    if (!name.startsWith(".") && name !== "affine-wasm") {
      symlinkSync(path(`../../node_modules/${name}`), join(folder, "node_modules", name));
    }
  }
  const { NODE_ENV: _, VITEST: __, ...rest } = process.env;
  const env = { ...rest, NEXT_TELEMETRY_DISABLED: "1" } as unknown as NodeJS.ProcessEnv;
  execFileSync(process.execPath, [NEXT, "build"], { cwd: folder, env });
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  server = spawn(process.execPath, [NEXT, "start", "-p", `${port}`, "-H", "127.0.0.1"], { cwd: folder, env });
  await new Promise<void>((ready) => {
    server.stdout?.on("data", (text) => {
      if (String(text).includes("Ready")) ready();
    });
  });
}, BUILD_TIME);
afterAll(() => {
  server?.kill();
  project?.remove();
});

it.each(["node", "edge"])("a route of the runtime %s computes, trains, saves and loads", async (runtime) => {
  const response = await fetch(`${origin}/${runtime}`);
  expect(await response.text()).toBe(JSON.stringify(worked));
});

eachBrowser((go) => {
  it("a client component computes, trains, saves and loads", async () => {
    const { page } = await go(`${origin}/`);
    const output = page.locator("output");
    await expect.poll(() => output.textContent(), { timeout: 20_000 }).toBe(JSON.stringify(worked));
  });
});

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((listening) => listener.listen(0, "127.0.0.1", listening));
  const { port } = listener.address() as { port: number };
  await new Promise((closed) => listener.close(closed));
  return port;
}
