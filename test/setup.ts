/** Every test file of a project runs on the binary that the project is named after. */
import { readFileSync } from "node:fs";
import { initSync } from "../src/index.js";

initSync(readFileSync(`build/${process.env.AFFINE_BINARY}.wasm`));
