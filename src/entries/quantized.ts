/** `affine-wasm/quantized`: networks with weights of eight bits. */
export { loadQuantized, saveQuantized } from "../quantized/file.js";
export type { QuantizedLayer, QuantizedNetwork } from "../quantized/network.js";
export { quantize } from "../quantized/quantize.js";
