/** Every test file of a project runs on the binary that the project is named after, on as many threads as asked for. */
import { initSync } from "affine-wasm";
import { asked, enableAsked } from "./allShared.js";
import { bytes, compiled } from "./environment.js";

await enableAsked();
// Threads need the bytes.
initSync(asked > 1 ? (bytes as Uint8Array<ArrayBuffer>) : compiled);
