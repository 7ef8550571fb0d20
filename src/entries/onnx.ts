/** `affine-wasm/onnx`: networks as ONNX files, for other runtimes. Needs the package onnx-proto beside this one. */
export { exportOnnx } from "../nn/io/onnx.js";
