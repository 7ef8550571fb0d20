/** The package as users get it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./paths.js";

/** Packs the library and unpacks it into the `node_modules` of a new temporary folder, which is returned. */
export function installPacked(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "affine-wasm-"));
  const target = join(folder, "node_modules/affine-wasm");
  mkdirSync(target, { recursive: true });
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(execFileSync("npm", pack, { cwd: root, encoding: "utf8" })) as [
    { filename: string },
  ];
  execFileSync("tar", ["-xzf", join(folder, filename), "--strip-components=1", "-C", target]);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
