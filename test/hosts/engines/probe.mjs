// Asks an engine what it is. Run by the engine itself: hence plain JavaScript, on the built package.
import { readFileSync } from "node:fs";
import { backend } from "../../../dist/index.js";

const { deno, bun, node } = process.versions;
// Those that users get: `npm test` runs the suite on the debug build.
const binaries = ["scalar", "simd", "relaxed", "wide"].filter((name) =>
  WebAssembly.validate(readFileSync(`build/${name}.wasm`)),
);
console.log(JSON.stringify({ version: deno ?? bun ?? node, variant: backend(), binaries }));
