/** `affine-wasm/npy`: arrays of NumPy, `.npy` and `.npz`. Needs the package fflate beside this one. */

export type { ReadOptions } from "../formats/limits.js";
export type { NpyDType } from "../formats/npy/header.js";
export { type NpyArray, type NpyData, type NpySource, readNpy, writeNpy } from "../formats/npy/npy.js";
export { type NpzOptions, readNpz, writeNpz } from "../formats/npy/npz.js";
