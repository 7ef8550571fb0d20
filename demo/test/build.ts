/** Before the page's tests: the page, built. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export default function build(): void {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  if (!existsSync(`${root}demo/node_modules`)) throw new Error("first: npm ci --prefix demo");
  // Vitest's NODE_ENV would make it a test build.
  const { NODE_ENV: _, VITEST: __, ...env } = process.env;
  execFileSync("npm", ["run", "--silent", "build:demo"], { cwd: root, env, stdio: "inherit" });
}
