/** Before the page is built or served: what it loads that is no source, into `generated/`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "../bench/roofline.ts";

const folder = new URL("generated/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const roof of ["simd", "relaxed"] as const)
  writeFileSync(fileURLToPath(new URL(`roofline-${roof}.wasm`, folder)), await compile(roof));
