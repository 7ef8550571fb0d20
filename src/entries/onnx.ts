/** `affine-wasm/onnx`: networks from ONNX files, and as such. Needs the package onnx-proto beside this one. */
export { exportOnnx } from "../nn/io/onnx/export.js";
export { type ImportOnnxOptions, importOnnx } from "../nn/io/onnx/import.js";
export type { Head, Imported } from "../nn/io/parts.js";
