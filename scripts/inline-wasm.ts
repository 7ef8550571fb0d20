/** Writes src/inlined.ts: the binaries in build/ as hexadecimal strings. Run by `npm run build:wasm`. */
import { readFileSync, writeFileSync } from "node:fs";
import { VARIANTS } from "../src/abi.js";

const root = new URL("../", import.meta.url);
const lines = VARIANTS.map((variant) => {
  const hex = readFileSync(new URL(`build/${variant}.wasm`, root)).toString("hex");
  return `  ${variant}: "${hex}",\n`;
});
const header = "/** Written by scripts/inline-wasm.ts. */\n";
writeFileSync(new URL("src/inlined.ts", root), `${header}export const inlined = {\n${lines.join("")}} as const;\n`);
