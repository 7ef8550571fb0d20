/** Before the page is built: what it loads that is no source, into `generated/`. Done once, unless a source is newer. */
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "../bench/roofline.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
mkdirSync(path("generated/"), { recursive: true });

for (const roof of ["simd", "relaxed"] as const) {
  const sources = ["../bench/roofline/index.ts", "../bench/roofline/asconfig.json"];
  await make(`generated/roofline-${roof}.wasm`, sources, () => compile(roof));
}

async function make(output: string, sources: string[], content: () => Uint8Array | Promise<Uint8Array>): Promise<void> {
  const file = path(output);
  const newest = Math.max(...sources.map((source) => statSync(path(source)).mtimeMs));
  if (existsSync(file) && statSync(file).mtimeMs >= newest) return;
  console.log(`making ${output} …`);
  writeFileSync(file, await content());
}
