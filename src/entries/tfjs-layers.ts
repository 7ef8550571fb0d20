/** `affine-wasm/tfjs-layers`: networks from layers models of TensorFlow.js and Keras. */
export type { Head, Imported } from "../nn/io/parts.js";
export { importTfjsLayers } from "../nn/io/tfjsLayers/import.js";
