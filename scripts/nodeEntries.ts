/**
 * Entries as Node, Bun and Deno get them, and bundles for them: copies of those that every other platform gets, with the
 * text of the variant `wide`, and with the binaries of a first call as they are. What is downloaded should be small; what is
 * installed should start at once. As another import, it would cost the first call half a millisecond.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Variant } from "../src/kernels/abi.js";
import type { Entry } from "./entries.js";
import { wasmFile } from "./kernels.js";

/** What an engine starts with if nobody asks. */
const RAW: readonly Variant[] = ["relaxed", "simd"];

/** The import of `brought`, as the bundler writes it, what is done with it, and what is exported besides. */
const BRINGS = /import\{(\w+)(?: as (\w+))?\}from("[^"]+");?\s*(.*?)\s*(?:export\{[^}]*\};?\s*)?$/s;

/** Writes `dist/index.node.js` beside `dist/index.js`. */
export function writeNodeEntry({ name }: Entry): void {
  const [, brought, own = brought, from, wide] = BRINGS.exec(readFileSync("dist/wide-inlined.js", "utf8")) ?? [];
  if (!wide) throw new Error("dist/wide-inlined.js does not import what it writes to");
  const raw = RAW.map((variant) => `${variant}:"${readFileSync(wasmFile(variant)).toString("base64")}"`);
  const lines = [
    `import{${brought} as $brought}from${from};`,
    // In a scope of its own: the names of the two files may be the same.
    `{const ${own}=$brought;${wide}}`,
    // Node's own Buffer: the global may be a program's. In realms that have none of it, they are unpacked.
    `{const raw={${raw}};$brought.raw=e=>raw[e]&&globalThis.process?.getBuiltinModule?.("node:buffer")?.Buffer?.from(raw[e],"base64")}`,
  ];
  writeFileSync(`dist/${name}.node.js`, `${readFileSync(`dist/${name}.js`, "utf8")}${lines.join("\n")}\n`);
}
