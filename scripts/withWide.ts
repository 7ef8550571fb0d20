/**
 * Entries that bring the variant `wide` in Node, Bun and Deno, and in bundles for them: copies of the entries that every
 * other platform gets, with the text of that binary. As another import it would cost the first call half a millisecond.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Entry } from "./entries.js";

/** The import of what takes the binary, as the bundler writes it, what is done with it, and what is exported besides. */
const BRINGS = /import\{(\w+)(?: as (\w+))?\}from("[^"]+");?\s*(.*?)\s*(?:export\{[^}]*\};?\s*)?$/s;

/** Writes `dist/index.node.js` beside `dist/index.js`. */
export function writeWithWide({ name }: Entry): void {
  const [, take, own = take, from, rest] = BRINGS.exec(readFileSync("dist/wide-inlined.js", "utf8")) ?? [];
  if (!rest) throw new Error("dist/wide-inlined.js does not import what it calls");
  // In a scope of its own: the names of the two files may be the same.
  const bring = `import{${take} as $bring}from${from};{const ${own}=$bring;${rest}}\n`;
  writeFileSync(`dist/${name}.node.js`, `${readFileSync(`dist/${name}.js`, "utf8")}${bring}`);
}
