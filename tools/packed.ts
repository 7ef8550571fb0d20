/** The tarball that would be published, installed into an empty project outside of this repository. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Packs what `npm run build` left. In the new `folder`, "affine-wasm" then resolves to the packed files only. */
export function installPacked(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "affine-wasm-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const packed = join(folder, "packed");
    mkdirSync(packed);
    // Scripts are off for speed: the only one is `prepack`, the build.
    const [tarball] = JSON.parse(npm(ROOT, "pack", "--json", "--ignore-scripts", "--pack-destination", packed));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
    // Offline: a dependency that crept in would fail here.
    npm(folder, "install", "--offline", "--no-audit", "--no-fund", join(packed, tarball.filename));
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}

function npm(cwd: string, ...words: string[]): string {
  return execFileSync("npm", words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
