/** Before all tests, once: the packed library in a project of its own, and all of it as one script for realms without modules. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { TestProject } from "vitest/node";
import { installPacked } from "../../tools/packed.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of the project: `node_modules` holds the packed library, `realm.js` is a script that sets `host`. */
    host: string;
  }
}

const APPS = fileURLToPath(new URL("apps", import.meta.url));

export default async function setup({ provide }: TestProject): Promise<() => void> {
  const { folder, remove } = installPacked();
  try {
    cpSync(APPS, join(folder, "apps"), { recursive: true });
    const entryPoints = [join(folder, "apps/realm.ts")];
    await build({ entryPoints, bundle: true, format: "iife", globalName: "host", outfile: join(folder, "realm.js") });
  } catch (error) {
    remove();
    throw error;
  }
  provide("host", folder);
  return remove;
}
