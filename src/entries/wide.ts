/**
 * `affine-wasm/wide`: importing it brings the binary of the variant `wide`, which the main entry has by itself in Node, Bun
 * and Deno only: `initSync(undefined, { variant })`.
 */
export { variant } from "../kernels/wide/binaries.js";
