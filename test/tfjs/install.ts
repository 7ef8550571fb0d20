/** Puts the built package beside TensorFlow.js, where Node resolves both as it does for a user. */
import { cpSync, existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder that has TensorFlow.js in its `node_modules`. */
export const folder = fileURLToPath(new URL(".", import.meta.url));

export default function install(): void {
  if (!existsSync(`${folder}node_modules/@tensorflow`)) throw new Error("first: npm ci --prefix test/tfjs");
  const target = `${folder}node_modules/affine-wasm`;
  rmSync(target, { recursive: true, force: true });
  for (const path of ["package.json", "dist"])
    cpSync(`${folder}../../${path}`, `${target}/${path}`, { recursive: true });
}
