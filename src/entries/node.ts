/** `affine-wasm/node`: what only Node can do. */
export { writeFileAtomic } from "../node/atomicFile.js";
export { enableWide } from "../node/enableWide.js";
