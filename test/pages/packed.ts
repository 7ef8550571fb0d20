/** The tarball that would be published, installed into an empty project outside of this repository. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Builds, packs and installs: in the empty folder `project`, "affine-wasm" then resolves to the packed files only. */
export function installPacked(project: string): void {
  const packed = join(project, "packed");
  mkdirSync(packed);
  npm(ROOT, "run", "build", "--silent");
  // Scripts are off for speed: the only one is `prepack`, which is the build above.
  const [tarball] = JSON.parse(npm(ROOT, "pack", "--json", "--ignore-scripts", "--pack-destination", packed));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "pages", private: true, type: "module" }));
  // Offline: a dependency that crept in would fail here.
  npm(project, "install", "--offline", "--no-audit", "--no-fund", join(packed, tarball.filename));
}

function npm(cwd: string, ...words: string[]): string {
  return execFileSync("npm", words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
