/** Every test file of a project runs on the binary that the project is named after. */
import { initSync } from "affine-wasm";
import { compiled } from "./environment.js";

initSync(compiled);
