/** The version of an installed package, read from its own package.json. */
import { readFileSync } from "node:fs";

export function versionOf(name: string): string {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
