/** The library and the work with it, for a script of its own. */
export * as affine from "affine-wasm";
export * as kernels from "affine-wasm/kernels";
export * as nn from "affine-wasm/nn";
export { work } from "./work.js";
